"""What a request, a promise, a booking and a tour are. Pure: no framework, no clock, no input or output."""
