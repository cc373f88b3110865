"""Crashes at labelled points: small worlds in which forked processes die where a seed says, until all work is over."""
