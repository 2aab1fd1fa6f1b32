"""No module imports, however far around, what imports it: also inside functions, also for types."""

from __future__ import annotations

import grimp

from tests.tidy.sources import PACKAGES


def test_no_module_is_part_of_a_circle() -> None:
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    assert len(graph.modules) > 200
    circles = {
        module: chain
        for module in sorted(graph.modules)
        for imported in graph.find_modules_directly_imported_by(module)
        if (chain := graph.find_shortest_chain(importer=imported, imported=module))
    }
    assert circles == {}
