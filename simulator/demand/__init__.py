"""Demand: what the requests to Services ask of the pods behind them while a run goes on."""
