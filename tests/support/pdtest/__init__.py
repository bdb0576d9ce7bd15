"""What the process-level tests stand on: an independent implementation of the formats in schema/spec/, real pd-server
and pdctl processes with their own certificate authority, and a home server that can be told to misbehave."""
