"""Recorded traffic of the real servers, replayed against a running one; the small applications it was made against."""
