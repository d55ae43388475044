"""Array kernels for images of one place on several dates: registration, difference, detection, matching, series.

Arrays in, arrays out. Images are float32 of shape (band, row, column), masks are bool of shape (row, column) with
True = valid, ground sampling distances are in metres. Nothing here knows a file, a CRS or a configuration.
"""
