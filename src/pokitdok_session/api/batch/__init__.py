"""Many calls, each taken to a known outcome: paced, journaled, resumable. See README.md here."""
