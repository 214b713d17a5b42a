"""Provider knowledge as data: TOML rules, the engine that asks them, the lint that proves them."""
