"""The reference: reasons, rules, codes, formats and crosswalks as pages, written from the data."""
