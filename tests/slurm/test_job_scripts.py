"""Job scripts as people have them, with pxlaunch where srun or mpirun stood: the same bytes by srun and by a DVM."""
import collections

import pxslurm

# What a script says of each rank: its number, its node, and the cores it is bound to.
WHERE = "'echo rank $PXLAUNCH_RANK $(hostname) $(sed -n s/^Cpus_allowed_list:.//p /proc/self/status)'"


class _ScriptCase(pxslurm.SlurmCase):
    CPUS = "1x2x1"
    REC = {}

    def script(self, options, text, **env):
        return self.sbatch(options, text, env={**self.REC, **env})

    def lines(self, options, text, code=0, timeout=60, **env):
        done = self.script(options, text, **env).finish(timeout)
        self.assertEqual((done.code, done.err), (code, b""), done)
        return sorted(done.out.decode().splitlines())

    def start_until_signalled(self, *options):
        return self.script(["-N2", "--ntasks-per-node=2", *options], (
            "trap 'kill -USR1 $PID' USR1\n"
            "pxlaunch sh -c 'trap \"echo saved; exit 0\" USR1; echo runs; while :; do sleep 0.05; done' & PID=$!\n"
            "wait $PID; wait $PID; echo ended $?\n")).wait_for(b"runs", count=4)

    def check_saved(self, done):
        self.assertEqual((done.code, done.out.count(b"saved")), (0, 4), done)
        self.assertTrue(done.out.endswith(b"ended 0\n"), done)


class _Scripts(_ScriptCase):
    def test_as_many_as_the_job_asks_for(self):
        """#SBATCH -N 2 --ntasks-per-node=2: each on its node, with a core of its own."""
        lines = self.lines(["-N2", "--ntasks-per-node=2", "-c1"], f"pxlaunch sh -c {WHERE}\n")
        self.assertEqual([line.split()[:3] for line in lines],
                         [["rank", str(rank), f"n{rank // 2 + 1}"] for rank in range(4)])
        self.assertEqual(len({tuple(line.split()[2:]) for line in lines}), 4, lines)

    def test_fewer_ranks_of_more_cores(self):
        lines = self.lines(["-N3", "--ntasks-per-node=1", "-c2"],
                           "pxlaunch sh -c 'echo $(hostname) $OMP_NUM_THREADS $(nproc)'\n")
        self.assertEqual(lines, ["n1 2 2", "n2 2 2", "n3 2 2"])

    def test_checkpoint_when_told(self):
        self.check_saved(self.start_until_signalled().cancel("--signal=USR1", "--batch").finish())

    def test_explicit_binding(self):
        lines = self.lines(["-N3", "--exclusive"],
                           "pxlaunch -n 3 --map-by ppr:1:package -c 2 sh -c 'echo $(hostname) $OMP_NUM_THREADS $(nproc)'\n")
        self.assertEqual(lines, ["n1 2 2", "n2 2 2", "n3 2 2"])

    def test_the_wrapper_everybody_has(self):
        """SLURM_LOCALID of the batch script would be 0 on every rank."""
        text = ("cat >wrapper <<'E'\n#!/bin/sh\nexport CUDA_VISIBLE_DEVICES=${SLURM_LOCALID:-$PXLAUNCH_LOCAL_RANK}\n"
                'exec "$@"\nE\nchmod +x wrapper\n'
                "pxlaunch -N 2 ./wrapper sh -c 'echo $(hostname) $CUDA_VISIBLE_DEVICES ${SLURM_LOCALID-absent}'\n")
        lines = self.lines(["-N2", "-n4"], text)
        self.assertEqual(lines, [f"n{node} {device} absent" for node in (1, 2) for device in (0, 1)])

    def test_coupled_programs(self):
        lines = self.lines(["-N3", "-n6"], (
            "pxlaunch -n 2 -x A=1 sh -c 'echo ocean $A $PXLAUNCH_RANK of $PXLAUNCH_SIZE, ${OMP_NUM_THREADS-any}'"
            " : -n 1 -c 2 sh -c 'echo atmos $A $PXLAUNCH_APP_RANK, $OMP_NUM_THREADS $(nproc)'"
            " : -n 1 --host n3 sh -c 'echo xios $(hostname), ${OMP_NUM_THREADS-any}'\n"))
        self.assertEqual(lines, ["atmos 0, 2 2", "ocean 1 0 of 4, any", "ocean 1 1 of 4, any", "xios n3, any"])

    def test_a_chain_that_stops_at_the_first_error(self):
        text = ("pxlaunch -n 3 echo pre && for i in 1 2 3; do pxlaunch -n 1 sh -c \"echo run $i; exit \\$(($i == 2))\""
                " 2>/dev/null || break; done; pxlaunch -n 1 echo post\n")
        self.assertEqual(self.lines(["-N3"], text), ["post"] + ["pre"] * 3 + ["run 1", "run 2"])

    def test_a_loop_over_a_list(self):
        (self.home / "list").write_text("a\nb\nc\n")
        text = "while read x; do pxlaunch --stdin none -n 1 echo got $x; done <list\n"
        self.assertEqual(self.lines(["-N2"], text), ["got a", "got b", "got c"])

    def test_many_short_tasks(self):
        """parallel -j 6 srun --exact -n1 -N1 -c1 ./one {} <params: one of them fails, and the others go on."""
        (self.home / "one").write_text("#!/bin/sh\necho $1 of $PXLAUNCH_SIZE\nexit $(($1 == 7))\n")
        (self.home / "one").chmod(0o755)
        done = self.script(["-N3", "-n6"], "seq 40 | sed 's|^|./one |' | pxlaunch --jobs - --parallel 6 --keep-going\n").finish(90)
        self.assertEqual(sorted(done.out.decode().splitlines()), sorted(f"{task} of 1" for task in range(1, 41)), done)
        self.assertEqual(done.code, 1)
        self.assertTrue(done.err.endswith(b"pxlaunch: error: 1 of 40 jobs failed: line 7\n"), done)

    def test_two_steps_at_once(self):
        """Neither ends before it has seen the other, and no core belongs to both."""
        text = "".join(f"pxlaunch -n 3 sh -c 'touch {name}.$PXLAUNCH_RANK; until [ $(ls ?.? | wc -l) = 6 ];"
                       f" do sleep 0.05; done; {WHERE[1:]} & " for name in "ab") + "wait\n"
        lines = self.lines(["-N3", "-n6"], text)
        taken = collections.Counter(tuple(line.split()[2:]) for line in lines)
        self.assertEqual((len(lines), set(taken.values())), (6, {1}), lines)

    def test_a_driver_in_python(self):
        """It is the batch script; and a rank itself, whose core remains its own."""
        driver = ("#!/usr/bin/python3\nimport subprocess\n"
                  "subprocess.run(['pxlaunch', '-n', '3', 'echo', 'sim'], check=True)\n"
                  "try:\n    subprocess.run(['pxlaunch', '-n', '2', 'end_with', '0,7'], check=True)\n"
                  "except subprocess.CalledProcessError as error:\n    print('failed with', error.returncode)\n")
        (self.home / "driver.py").write_text(driver)
        for text in (driver, "exec pxlaunch -n 1 python3 driver.py\n"):
            done = self.script(["-N2", "-n4"], text).finish(60)
            self.assertEqual((done.code, done.out.count(b"sim\n")), (0, 3), done)
            self.assertTrue(done.out.endswith(b"failed with 7\n"), done)

    def test_one_rank_is_another_program(self):
        lines = self.lines(["-N2", "-n4"], (
            "pxlaunch sh -c '[ $PXLAUNCH_RANK = 3 ] && exec echo profiled; exec echo plain'\n"))
        self.assertEqual(lines, ["plain", "plain", "plain", "profiled"])

    def test_salloc_on_a_login_node(self):
        """The head is no node of the job."""
        for asked, nodes in ((["-N2"], [b"n1", b"n2"]), (["-N2", "-n4"], [b"n1", b"n1", b"n2", b"n2"])):
            done = self.salloc(asked, ["pxlaunch", "hostname"], env=self.REC).finish(60)
            self.assertEqual((done.code, sorted(done.out.split()), done.err), (0, nodes, b""), done)


class BySrun(_Scripts):  # ctest: serial timeout=300
    pass


class Limit(_ScriptCase):  # ctest: serial timeout=120 not22
    def test_checkpoint_before_the_limit(self):
        """slurmctld looks twice a minute whether the limit is nearer than 10 + 30 s: the script has 20 s to start its ranks."""
        self.check_saved(self.start_until_signalled("--time=1", "--signal=B:USR1@10").finish(60))


class ByDvm(_Scripts):  # ctest: serial timeout=300
    AWAY = pxslurm.PRRTE_AWAY

    def setUp(self):
        super().setUp()
        self.REC = {"PXLAUNCH_REC": "prrte:" + self.prrte()}
