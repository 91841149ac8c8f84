def test_x(toy, shell, hashes):
    r = toy.build("text","chat","pictures")
    print(r)
    import subprocess; subprocess.run(["find", str(toy.root)])
    from mensrea.builders.verify import verify_release
    print(list(verify_release(toy.release)))
    e = shell.run("build", "toy", rows=toy.root/"rows"); print(e.code, e.out, e.err)
    e = shell.run("show", "toy", "--config", "chat",  rows=toy.root/"rows"); print(e.code, e.out, e.err)
    e = shell.run("show", "toy",  rows=toy.root/"rows"); print(e.code, e.out, e.err)
