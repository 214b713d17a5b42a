"""Archives of any size: batches of mails to all cores, records back in order, nothing lost.

    read_paths -> batches -> pool of workers -> part of the output -> output

`run` composes these; `worker` is what happens in the other processes.
"""
