"""What each handle may use: seconds, bytes, threads, as ClickHouse settings.

The writer must not lie about having written; a reader must not write, nor starve the machine. Numbers here are
measured on two cores with 10 million events; plan for a machine of 1 GB.
"""

from __future__ import annotations

MIB = 1024 * 1024
QUESTION_SECONDS = 30
WRITE_SECONDS = 60
READER_MEMORY = 600 * MIB
SPILL_MEMORY = 300 * MIB
"""Group by, sort and join go to disk from here on; every question over 10M events still completed."""
WRITER_SETTINGS: dict[str, object] = {
    # Rows deleted and written again are no repetition; only a token says what is (store.py). ClickHouse 26.9 itself
    # never takes for one what a statement selects in no order; servers before it do.
    "insert_deduplicate": 0,
    "async_insert": 0,  # on by default since 26.x: an acknowledged insert might still be in memory
    "log_queries": 0,
    "max_threads": 1,  # a second core would store no sooner, and events that are coming in would wait for it
    "max_insert_threads": 1,
    "wait_end_of_query": 1,  # a fault found late must not come after a 200
}

FIRST, LATER = 1, 2
"""ClickHouse's `priority`: a statement of a greater number pauses while one of a smaller number runs."""

BACKGROUND_SETTINGS: dict[str, object] = WRITER_SETTINGS | {
    "priority": LATER,
    "max_memory_usage": READER_MEMORY,
    "max_bytes_before_external_group_by": SPILL_MEMORY,
    "max_bytes_before_external_sort": SPILL_MEMORY,
    "do_not_merge_across_partitions_select_final": 1,
}

READER_SETTINGS: dict[str, object] = {
    "priority": FIRST,
    "max_threads": 2,
    "max_memory_usage": READER_MEMORY,
    "max_bytes_before_external_group_by": SPILL_MEMORY,
    "max_bytes_before_external_sort": SPILL_MEMORY,
    "max_bytes_before_external_join": SPILL_MEMORY,
    "max_execution_time": QUESTION_SECONDS,
    "compile_expressions": 0,  # the compiler is 16 MB, and 200,000 events were answered no faster with it
    "compile_aggregate_expressions": 0,
    "compile_sort_description": 0,
    "do_not_merge_across_partitions_select_final": 1,  # a visit never leaves its partition (schema/0002)
    "log_queries": 0,
    "readonly": 2,  # last: from here on the handle can neither write nor leave this mode
}


def engine_options(memory_bytes: int) -> dict[str, int]:
    """Return what an embedded engine is opened with."""
    return {
        "max_server_memory_usage": memory_bytes,
        "mark_cache_size": min(256 * MIB, memory_bytes // 8),
        "index_mark_cache_size": min(64 * MIB, memory_bytes // 8),
        "background_pool_size": 2,
        "load_marks_threadpool_pool_size": 2,  # of 50 each keeps three descriptors and 1 MB for good
    }
