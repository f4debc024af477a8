"""What a rank really sees is what the contract promises."""
import os
import resource

import pxtest

CPUS = sorted(os.sched_getaffinity(0))


class _View(pxtest.Case):
    def view(self, arguments=(), **options):
        done = self.expect(0, [*arguments, "show_rank"], **options)
        return pxtest.ranks(done.out)


class Identity(_View):
    def test_rank_variables(self):
        for rank, seen in self.view(["-n", "3", "--oversubscribe"]).items():
            env = seen["env"]
            wanted = {"RANK": rank, "SIZE": 3, "LOCAL_RANK": rank, "LOCAL_SIZE": 3,
                      "NODE_RANK": 0, "NNODES": 1, "APP_RANK": rank}
            for name, value in wanted.items():
                self.assertEqual(env.get("PXLAUNCH_" + name), b"%d" % value, name)
            self.assertTrue(env.get("PXLAUNCH_JOB"))
            for name in ("RANK", "SIZE", "LOCAL_RANK", "LOCAL_SIZE"):
                self.assertEqual(env.get("OMPI_COMM_WORLD_" + name), env["PXLAUNCH_" + name])

    def test_two_applications(self):
        done = self.expect(0, ["show_rank", "a", ":", "-n", "2", "show_rank", "b"])
        seen = pxtest.ranks(done.out)
        self.assertEqual([seen[r]["argv"][1] for r in range(3)], [b"a", b"b", b"b"])
        self.assertEqual([seen[r]["env"]["PXLAUNCH_APP_RANK"] for r in range(3)],
                         [b"0", b"0", b"1"])

    def test_no_descriptor_signal_or_group_is_inherited(self):
        seen = self.view()[0]
        self.assertEqual(seen["fds"], "")
        self.assertEqual(int(seen["SigBlk"], 16), 0)
        self.assertEqual(seen["pid"], seen["pgid"])


class Gpus(_View):
    def test_a_server_that_was_there_before(self):
        """The one of an allocation, which a job without GPUs has started."""
        machine = str(pxtest.TREE / "tests/unit/data/four_gpus.xml")
        env = {"SLURM_JOB_ID": "42", "SLURM_JOB_NUM_NODES": "1", "HWLOC_XMLFILE": machine}
        self.expect(0, ["-n", "1", "true"], env=env)
        server = self.one_process("pxrec").pid
        seen = self.view(["-n", "2", "-g", "2"], env=env)
        self.assertEqual([seen[rank]["env"]["CUDA_VISIBLE_DEVICES"] for rank in (0, 1)], [b"0,1", b"2,3"])
        self.assertEqual(self.one_process("pxrec").pid, server)


class Process(_View):
    def test_umask(self):
        seen = self.view(preexec_fn=lambda: os.umask(0o027))[0]
        self.assertEqual(seen["umask"], "0027")

    def test_limits(self):
        def lower():
            resource.setrlimit(resource.RLIMIT_NOFILE, (600, 1200))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 4096))
            resource.setrlimit(resource.RLIMIT_STACK, (4 << 20, 6 << 20))
        seen = self.view(preexec_fn=lower)[0]
        self.assertEqual(seen[f"rlimit.{resource.RLIMIT_NOFILE}"], "600:1200")
        self.assertEqual(seen[f"rlimit.{resource.RLIMIT_CORE}"], "0:4096")
        self.assertEqual(seen[f"rlimit.{resource.RLIMIT_STACK}"], f"{4 << 20}:{6 << 20}")

    def test_directory(self):
        self.assertEqual(self.view()[0]["cwd"], bytes(self.home))
        self.assertEqual(self.view(["-C", "/usr"])[0]["cwd"], b"/usr")

    def test_directory_as_spelled(self):
        (self.home / "real").mkdir()
        (self.home / "link").symlink_to("real")
        spelled = str(self.home / "link")
        done = self.expect(0, ["sh", "-c", "echo $PWD"], cwd=spelled, env={"PWD": spelled})
        self.assertEqual(done.out.decode().strip(), spelled)

    def test_directory_of_one_application(self):
        done = self.expect(0, ["-C", "/usr", "pwd", ":", "-C", "/tmp", "pwd"])
        self.assertEqual(sorted(done.out.split()), [b"/tmp", b"/usr"])


class Environment(_View):
    def test_whole(self):
        env = self.view(env={"ANY_NAME": "value", "EMPTY": ""})[0]["env"]
        self.assertEqual((env.get("ANY_NAME"), env.get("EMPTY")), (b"value", b""))

    def test_never_forwarded(self):
        names = ["PMI_RANK", "PMI_FD", "PMIX_MCA_px_none", "PRTE_MCA_px_none", "SLURM_PROCID",
                 "SLURM_LOCALID", "SLURM_NODEID", "SLURM_GTIDS", "SLURM_TASK_PID",
                 "SLURM_STEP_ID", "OMPI_COMM_WORLD_NODE_RANK", "PALS_RANKID",
                 "JSM_NAMESPACE_RANK", "HOSTNAME", "XDG_RUNTIME_DIR"]
        env = self.view(env={name: "of-the-parent" for name in names
                             if name != "XDG_RUNTIME_DIR"})[0]["env"]
        self.assertEqual([name for name in names if env.get(name) == b"of-the-parent"], [])
        self.assertNotIn("XDG_RUNTIME_DIR", env)

    def test_none_but(self):
        env = self.view(["--no-env", "-x", "KEPT", "-x", "SET=1"],
                        env={"KEPT": "yes", "DROPPED": "no"})[0]["env"]
        self.assertEqual((env.get("KEPT"), env.get("SET")), (b"yes", b"1"))
        self.assertNotIn("DROPPED", env)

    def test_unset(self):
        env = self.view(["--unset-env", "DROPPED"], env={"DROPPED": "x", "KEPT": "y"})[0]["env"]
        self.assertNotIn("DROPPED", env)
        self.assertIn("KEPT", env)

    def test_by_pattern(self):
        env = self.view(["--no-env", "-x", "ONE_*"], env={"ONE_A": "1", "TWO_A": "2"})[0]["env"]
        self.assertEqual(env.get("ONE_A"), b"1")
        self.assertNotIn("TWO_A", env)

    def test_file(self):
        (self.home / "vars").write_text("FROM_FILE=1\n# a comment\nSPACES=a b\n")
        env = self.view(["--env-file", "vars"])[0]["env"]
        self.assertEqual((env.get("FROM_FILE"), env.get("SPACES")), (b"1", b"a b"))

    def test_path_finds_the_program(self):
        directory = self.home / "programs"
        directory.mkdir()
        (directory / "mine").write_text("#!/bin/sh\necho found\n")
        (directory / "mine").chmod(0o755)
        self.assertEqual(self.expect(0, ["--path", str(directory), "mine"]).out, b"found\n")


class Cores(_View):
    """Binding, as the kernel tells it."""

    def cpus(self, arguments, **options):
        return {rank: [int(cpu) for cpu in seen["cpus"].split(",")]
                for rank, seen in self.view(arguments, **options).items()}

    def need(self, count):
        if len(CPUS) < count:
            self.skipTest(f"fewer than {count} cores")

    def test_not_bound_by_default(self):
        self.assertEqual(self.cpus(["-n", "2"]), {0: CPUS, 1: CPUS})

    def test_none_is_none(self):
        self.assertEqual(self.cpus(["--bind-to", "none"]), {0: CPUS})

    def test_bound_to_cores(self):
        self.need(2)
        seen = self.cpus(["-n", "2", "--bind-to", "core"])
        self.assertEqual(set(seen[0]) & set(seen[1]), set())
        self.assertLess(len(seen[0]), len(CPUS))

    def test_cores_per_rank(self):
        self.need(2)
        seen = self.view(["-c", "2"])[0]
        self.assertEqual(seen["env"].get("OMP_NUM_THREADS"), b"2")

    def test_threads_that_the_user_chose(self):
        env = self.view(["-c", "1"], env={"OMP_NUM_THREADS": "5"})[0]["env"]
        self.assertEqual(env["OMP_NUM_THREADS"], b"5")

    def test_threads_unset_without_cores(self):
        self.assertNotIn("OMP_NUM_THREADS", self.view()[0]["env"])

    def test_our_own_cpuset_is_the_limit(self):
        self.need(2)
        only = {CPUS[-1]}
        seen = self.cpus([], preexec_fn=lambda: os.sched_setaffinity(0, only))
        self.assertEqual(seen, {0: [CPUS[-1]]})


class OpenMpiBinding(_View):
    def test_none_is_none_under_open_mpi_too(self):
        """Open MPI 4 binds itself in MPI_Init unless it is told not to."""
        done = self.expect(0, ["-n", "2", "--bind-to", "none", pxtest.program("where")])
        lists = {line.rsplit(None, 1)[1] for line in done.out.splitlines()}
        own = [line.split()[1] for line in open("/proc/self/status", "rb")
               if line.startswith(b"Cpus_allowed_list")]
        self.assertEqual(lists, set(own))
