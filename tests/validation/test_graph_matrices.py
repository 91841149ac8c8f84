"""Graphs as matrices: reading, searching, telling apart."""

from collections import deque

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from mensrea.validation.graph_matrices import classes, has_cycle, read_graphs, search
from mensrea.validation.inputs.batch import Batch

NODES = 7
NODE = st.integers(0, NODES - 1)
GRAPHS = st.lists(st.sets(st.tuples(NODE, NODE), max_size=16), min_size=1, max_size=4)


def graphs_of(graphs, root=0, target=NODES - 1):
    rows = [
        {
            "idx_to_symbol": [str(node) for node in range(NODES)],
            "edges": [list(edge) for edge in sorted(edges)],
            "root": root,
            "target": target,
            "neg_target": 1,
        }
        for edges in graphs
    ]
    found = read_graphs(Batch(pa.RecordBatch.from_pylist(rows, schema=SCHEMA)))
    assert found is not None
    return found


SCHEMA = pa.schema(
    {
        "idx_to_symbol": pa.list_(pa.string()),
        "edges": pa.list_(pa.list_(pa.int16())),
        **dict.fromkeys(("root", "target", "neg_target"), pa.int16()),
    }
)


def queued(edges, root):
    """Distances and numbers of shortest paths, with a queue."""
    distance, paths, queue = {root: 0}, {root: 1}, deque([root])
    while queue:
        node = queue.popleft()
        for child in sorted({end for start, end in edges if start == node}):
            if child not in distance:
                distance[child], paths[child] = distance[node] + 1, 0
                queue.append(child)
            if distance[child] == distance[node] + 1:
                paths[child] += paths[node]
    return distance, paths


@given(GRAPHS, NODE, NODE)
def test_a_search_finds_what_a_queue_finds(graphs, root, target):
    found = search(graphs_of(graphs, root, target))
    for row, edges in enumerate(graphs):
        distance, paths = queued(edges, root)
        onward, ways = queued({(end, start) for start, end in edges}, target)
        for node in range(NODES):
            assert found.distance[row, node] == distance.get(node, -1)
            assert found.paths[row, node] == paths.get(node, 0)
            is_on = target in distance and node in distance and node in onward
            is_on = is_on and distance[node] + onward[node] == distance[target]
            assert found.through[row, node] == (paths[node] * ways[node] if is_on else 0)


@given(GRAPHS)
def test_a_cycle_is_a_vertex_that_leads_to_itself(graphs):
    expected = [any(start in queued(edges, end)[0] for start, end in edges) for edges in graphs]
    assert has_cycle(graphs_of(graphs)).tolist() == expected


@given(GRAPHS, st.permutations(range(NODES)))
def test_classes_ignore_numbers_alone(graphs, number):
    moved = [{(number[start], number[end]) for start, end in edges} for edges in graphs]
    assert classes(graphs_of(graphs)).tolist() == classes(graphs_of(moved)).tolist()


def test_classes_differ():
    graphs = [{(0, 1)}, {(0, 1), (1, 2)}, {(0, 1), (0, 2)}, {(1, 0), (2, 0)}, {(0, 1), (2, 3)}, set()]
    assert len(np.unique(classes(graphs_of(graphs)))) == len(graphs)
