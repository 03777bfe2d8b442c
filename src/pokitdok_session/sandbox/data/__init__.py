"""What the sandbox knows: payers, codes, drugs, places, and how its payer decides."""
