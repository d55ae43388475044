"""What people decide about findings: an append-only ledger, its ways in and out, and what it says of the counts."""
