"""Labelled corpora: what they hold, whether they hold it rightly, and how they are made.

A corpus is a folder: `corpus.toml` says what it is, other `.toml` files hold replies, `messages`
holds mails and `labels.csv` what each of them means. `corpora/README.md` is the whole of it.
"""
