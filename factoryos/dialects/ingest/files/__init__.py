"""Files of any size, taken as a request's rows are: read in a stream, judged, stored batch by batch, resumed where it stopped."""
