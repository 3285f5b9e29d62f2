"""FANUC controls, through the vendor's own library (FOCAS), which runs in a process apart."""
