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
