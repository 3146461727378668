"""What commands ask of AWS."""
