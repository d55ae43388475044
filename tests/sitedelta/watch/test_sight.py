"""What is seen of files, and of the software, without reading them."""


def test_what_python_compiles_meanwhile_is_no_other_software(tmp_path, monkeypatch):
    import sitedelta
    from sitedelta.watch.sight import software

    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "a.py").write_text("")
    monkeypatch.setattr(sitedelta, "__path__", [str(tmp_path)])
    before = software.__wrapped__()
    (tmp_path / "__pycache__" / "a.cpython-311.pyc.140234").write_bytes(b"half written")
    assert software.__wrapped__() == before
    (tmp_path / "b.py").write_text("")
    assert software.__wrapped__() != before


def test_other_libraries_and_other_networks_are_other_software(tmp_path, monkeypatch):
    import os

    import rasterdelta
    from sitedelta.watch import sight

    (tmp_path / "new.py").write_text("")
    (net := tmp_path / "aircraft.onnx").write_bytes(b"one")
    os.utime(net, (10, 10))
    monkeypatch.setattr(rasterdelta, "__path__", [str(tmp_path)])
    seen = [sight.software.__wrapped__()]
    net.write_bytes(b"two")
    os.utime(net, (9, 9))
    seen.append(sight.software.__wrapped__())
    monkeypatch.setattr(sight, "versions", lambda: {"numpy": "0"})
    seen.append(sight.software.__wrapped__())
    assert len(set(seen)) == 3


def test_networks_of_ones_own_are_seen(tmp_path):
    from sitedelta.settings.config import load_config
    from sitedelta.watch.sight import sight_of

    (tmp_path / "nets").mkdir()
    (tmp_path / "in").mkdir()
    names = ["nets/a.onnx", "nets/first.onnx", "nets/again.onnx"]
    for name in [*names, "other.onnx"]:
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "m.yaml").write_text(
        "networks:\n- {class: aircraft, file: nets/a.onnx, features: nets/first.onnx, closer: {file: again.onnx}}\n"
        "- {class: vehicle, file: nets/missing.onnx}\n- 3\n"
    )
    (tmp_path / "sites.yaml").write_text("output: out\nsites:\n- {id: a, model: m.yaml, imagery: [{path: in}]}\n")
    (site,) = load_config(tmp_path / "sites.yaml").sites
    seen = sight_of(site, tmp_path / "out")
    assert sorted(seen) == sorted(str(tmp_path / n) for n in ["m.yaml", *names])
    for text in ("networks: 3", "- [", "3"):
        (tmp_path / "m.yaml").write_text(text)
        assert list(sight_of(site, tmp_path / "out")) == [str(tmp_path / "m.yaml")]
