"""What must hold for rows, beyond and including their schema."""
