"""From the verdict to the proof: checks of DNS, relay, SES and receiver, and the broken link.

`running.run_checks` runs what `checks.CHECKS` holds on a `context.Context`; `chain.diagnose_chain`
sums up. Nothing is changed anywhere, and nothing is sent unless `--send-test` asks for it.
README.md beside this file walks through two failures.
"""
