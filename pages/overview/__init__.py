"""The overview: what a period adds up to, what stood out, what has changed, what needs somebody."""
