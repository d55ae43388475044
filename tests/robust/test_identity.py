"""An airport of four dates, run in every way: the same bytes. `identity` measures it at any size."""

import pytest
from tests.robust import identity


@pytest.mark.slow
def test_every_way_gives_the_same_bytes(tmp_path, capsys):
    config = identity.rendered(tmp_path, 200)
    assert identity.compare(config, tmp_path, kills=2, seed=3, cluster=True) == 0
    assert capsys.readouterr().out.count("the same") == 4
