"""bcgraph."""
def convert(fn, *, backend=None):
    from bcgraph.runtime import Runtime
    class B:
        name='n'
        def is_staged(self,v): return False
    return Runtime(B()).resolve(fn)
