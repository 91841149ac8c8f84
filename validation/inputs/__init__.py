"""What can be checked: tables, Parquet, JSON lines; read in bounded memory."""
