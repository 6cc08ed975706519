"""Restore points: taking, proving and giving them back."""
