"""What every service is mounted on; it knows no domain word."""
