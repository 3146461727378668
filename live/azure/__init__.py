"""What commands ask of Azure."""
