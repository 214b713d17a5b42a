"""The model: asked only where no rule decides, and silent where it is not sure.

`features` is what it sees, `scorer` asks it, `store` keeps it; `corpus`, `evaluate` and `train`
make it and are the only modules that need scikit-learn. Nothing is imported here, so that the
package costs nothing until a failure needs it.
"""
