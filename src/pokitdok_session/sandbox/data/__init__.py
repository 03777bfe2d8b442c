"""Data that handlers use: payers, codes, drugs, places, and the payer's decisions."""
