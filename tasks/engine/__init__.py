"""The durable engine: cells that drive attempts, the group commit they write with, and the reconciler behind them."""
