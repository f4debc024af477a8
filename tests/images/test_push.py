"""push-images, to a real registry: Debian's docker-registry on this machine."""
import json
import re
import subprocess
import urllib.request

import pxcontainer
import pxtest

TREE = pxtest.TREE
CONFIG = """version: 0.1
storage: {filesystem: {rootdirectory: %s}}
http: {addr: "127.0.0.1:0"}
"""


class Push(pxcontainer.ContainerCase):  # ctest: serial timeout=180
    def setUp(self):
        super().setUp()
        program = subprocess.run([TREE / "tests/images/registry"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        (self.work / "config").write_text(CONFIG % (self.work / "registry"))
        registry = self.start_program([program, "serve", str(self.work / "config")])
        registry.wait_for(b"listening on 127.0.0.1:", stream="err")
        self.address = re.search(rb"listening on (127.0.0.1:\d+)", bytes(registry.err)).group(1).decode()
        self.registry = registry

    def tearDown(self):
        self.registry.signal(15).finish()
        super().tearDown()

    def push(self, address):
        """How it ends; the name that the image has got for it is taken back."""
        version = re.search(r"pxlaunch VERSION (\S+)", (TREE / "CMakeLists.txt").read_text()).group(1)
        done = self.start_program([str(TREE / "cmake/make-images"), "push", "pmix-base"], env={
            "IMAGE_REGISTRY": f"{address}/hpc", "IMAGE_PUSH_OPTIONS": "--tls-verify=false"}).finish(120)
        self.podman("untag", "pmix-base", f"{address}/hpc/pmix-base:{version}")
        return done, version

    def test_push(self):
        done, version = self.push(self.address)
        self.assertEqual(done.code, 0, done)
        with urllib.request.urlopen(f"http://{self.address}/v2/hpc/pmix-base/tags/list", timeout=10) as answer:
            self.assertEqual(json.load(answer), {"name": "hpc/pmix-base", "tags": [version]})

    def test_nobody_listens(self):
        done, _ = self.push("127.0.0.1:1")
        self.assertNotEqual(done.code, 0, done)
        self.assertIn(b"127.0.0.1:1", done.err)
