"""Recordings of calls as files: sealed, written as the call goes, never to be changed unnoticed."""
