"""Masters from sheets and into sheets: read with limits, compared, confirmed, written whole or not at all."""
