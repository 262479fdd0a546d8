"""What is measured, beside its reference: `python -m bench`, or `pytest bench --benchmark-only`.

A file mirrors the module it measures. `ROWS` names for each figure the function that measures
it: no arguments, a `Row` back. A module's `OPERATIONS` names the same figure's inner operation
for pytest-benchmark: a context manager that yields a function of no arguments.
"""

ROWS = {
    "import": "bench.import_rows:import_",
    "record": "bench.ecs_rows:record",
    "frame": "bench.ecs_rows:frame",
    "write": "bench.memory_rows:write",
    "read": "bench.memory_rows:read",
    "ingest": "bench.exchange_rows:ingest",
    "export": "bench.exchange_rows:export_",
    "retrieve": "bench.retrieval_rows:retrieve",
    "retrieve_large": "bench.retrieval_rows:retrieve_large",
    "retrieve_words": "bench.word_rows:retrieve_words",
    "retrieve_vectors": "bench.vector_rows:retrieve_vectors",
    "retrieve_quality": "bench.retrieval_rows:retrieve_quality",
    "growth": "bench.growth:growth",
    "slices": "bench.slice_rows:slices",
    "forgetting": "bench.forgetting_rows:forgetting",
    "profile": "bench.playstyle_rows:profile",
    "update": "bench.playstyle_rows:update",
    "weights": "bench.learning_rows:weights",
    "tick_batch": "bench.behavior_batch:tick_batch",
    "tick_any": "bench.behavior_batch:tick_any",
    "tick_one": "bench.behavior_rows:tick_one",
    "arena": "bench.arena_rows:arena",
    "episodes": "bench.episode_rows:episodes",
    "rl_vector": "bench.rl_rows:rl_vector",
    "verdict": "bench.verdict_rows:verdict",
    "verdict_strata": "bench.verdict_rows:verdict_strata",
    "cluster": "bench.cluster_rows:cluster_",
}
