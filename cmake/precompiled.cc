// Nothing: the file that the precompiled headers are made for.
