"""`./victor bench`: measures what the product promises, each figure beside its floor from the same run."""
