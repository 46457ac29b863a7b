#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job as a person does it in the window, found by its accessible names.

Usage: journey.py MOORING-GTK SCREENSHOT-DIR

An offline system with three people is captured; one capture is cancelled and
resumed; the system is replaced by a fresh one; everything is restored, checked,
and then one restored file is removed and has to be found.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time

try:
    import gi

    gi.require_version("Atspi", "2.0")
    from gi.repository import Atspi, GLib
except (ImportError, ValueError) as reason:
    print(f"skipped: AT-SPI for Python is not installed ({reason})")
    sys.exit(77)

PATIENCE_S = 30
MANY_FILES = 160_000
PEOPLE = {
    "alice": (1001, "Alice Anderson"),
    "bob": (1002, "Bob Brown"),
    "carol": (1003, "Carol Clark"),
}


class Volume:
    """A file system of its own for the test; a folder where nothing can be mounted."""

    def __init__(self, scratch):
        self.path = os.path.join(scratch, "system")
        os.mkdir(self.path)
        image = os.path.join(scratch, "system.img")
        with open(image, "wb") as file:
            file.truncate(2 << 30)
        subprocess.run(["mkfs.ext4", "-q", "-N", "400000", image], check=True)
        self.mounted = subprocess.run(["mount", "-o", "loop", image, self.path]).returncode == 0

    def close(self):
        if self.mounted:
            subprocess.run(["umount", "-l", self.path], check=False)


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


def make_system(root, name, with_people):
    """What makes a folder a Linux system: its accounts and its name."""
    users = [("root", 0, "root", "/root", "/bin/bash")]
    if with_people:
        users += [(login, uid, full, f"/home/{login}", "/bin/bash") for login, (uid, full) in PEOPLE.items()]
    write(f"{root}/etc/os-release", f'ID=debian\nNAME="Debian GNU/Linux"\nPRETTY_NAME="{name}"\n')
    write(f"{root}/etc/hostname", "bench-7\n")
    write(f"{root}/etc/login.defs", "UID_MIN 1000\nUID_MAX 60000\nGID_MIN 1000\nGID_MAX 60000\n")
    write(f"{root}/etc/passwd", "".join(f"{u}:x:{i}:{i}:{f}:{h}:{s}\n" for u, i, f, h, s in users))
    write(f"{root}/etc/group", "".join(f"{u}:x:{i}:\n" for u, i, *_ in users))
    write(f"{root}/etc/gshadow", "".join(f"{u}:*::\n" for u, *_ in users), 0o640)
    write(f"{root}/etc/shadow", "".join(f"{u}:$y$j9T$abc$def:19000:0:99999:7:::\n" for u, *_ in users), 0o640)
    for folder in ("home", "usr", "var", "root", "tmp"):
        os.makedirs(f"{root}/{folder}", exist_ok=True)


def make_homes(root):
    for login, (uid, _) in PEOPLE.items():
        home = f"{root}/home/{login}"
        for folder in ("Documents", "Pictures", ".config/editor", ".cache/browser"):
            os.makedirs(f"{home}/{folder}")
        for i in range(40):
            write(f"{home}/Documents/letter-{i:02}.txt", f"Dear {login}, this is letter {i}.\n" * 50)
        write(f"{home}/Pictures/holiday.raw", "x" * 3_000_000)
        write(f"{home}/.cache/browser/page", "y" * 500_000)
        os.symlink("Documents/letter-00.txt", f"{home}/latest")
        os.setxattr(f"{home}/Documents/letter-01.txt", "user.note", b"kept")
    for i in range(MANY_FILES):
        folder = f"{root}/home/bob/Projects/part-{i // 800:03}"
        if i % 800 == 0:
            os.makedirs(folder)
        os.close(os.open(f"{folder}/{i:06}.c", os.O_CREAT | os.O_WRONLY, 0o644))
    for login, (uid, _) in PEOPLE.items():
        subprocess.run(["chown", "-hR", f"{uid}:{uid}", f"{root}/home/{login}"], check=True)


def refresh(root):
    """The system is replaced: other accounts, no homes.  The store stays."""
    for login in PEOPLE:
        shutil.rmtree(f"{root}/home/{login}")
    make_system(root, "Debian GNU/Linux 13 (fresh)", with_people=False)


class Window:
    """The window as an assistive tool sees it."""

    def __init__(self, program, root, shots):
        self.shots = shots
        self.n_shots = 0
        self.process = subprocess.Popen([program, "--root", root])
        self.application = self.wait(self.find_application, "the application")

    def find_application(self):
        desktop = Atspi.get_desktop(0)
        for i in range(desktop.get_child_count()):
            child = desktop.get_child_at_index(i)
            if child is not None and child.get_name() == "mooring-gtk":
                return child
        return None

    def wait(self, look, what, patience_s=PATIENCE_S):
        end = time.monotonic() + patience_s
        while time.monotonic() < end:
            if self.process_ended():
                raise AssertionError(f"the window ended while waiting for {what}")
            try:
                found = look()
                if found:
                    return found
            except GLib.Error:
                pass  # What we looked at went away meanwhile.
            time.sleep(0.05)
        self.shoot("failed")
        raise AssertionError(f"waited in vain for {what}; shown: {self.texts()}")

    def process_ended(self):
        return getattr(self, "process", None) is not None and self.process.poll() is not None

    def walk(self, node=None, role=None):
        node = node or self.application
        if node.get_role() == Atspi.Role.TREE_TABLE:
            yield from self.walk_tree(node)
            return
        for i in range(min(node.get_child_count(), 200)):
            child = node.get_child_at_index(i)
            if child is None or not child.get_state_set().contains(Atspi.StateType.SHOWING):
                continue
            yield child
            yield from self.walk(child)

    def walk_tree(self, tree):
        yield tree
        for i in range(min(tree.get_child_count(), 120)):
            child = tree.get_child_at_index(i)
            if child is not None:
                yield child

    def texts(self):
        return sorted({node.get_name() for node in self.walk() if node.get_name()})

    def look(self, text, roles=None):
        for node in self.walk():
            if text in (node.get_name() or "") and (roles is None or node.get_role() in roles):
                return node
        return None

    def see(self, text, patience_s=PATIENCE_S):
        return self.wait(lambda: self.look(text), f"“{text}”", patience_s)

    def press(self, name):
        roles = (Atspi.Role.PUSH_BUTTON, Atspi.Role.TOGGLE_BUTTON, Atspi.Role.RADIO_BUTTON, Atspi.Role.CHECK_BOX)

        def ready():
            node = next((n for n in self.walk() if n.get_name() == name and n.get_role() in roles), None)
            return node if node and node.get_state_set().contains(Atspi.StateType.SENSITIVE) else None

        node = self.wait(ready, f"the button “{name}”")
        assert Atspi.Action.do_action(node, 0), f"“{name}” cannot be pressed"

    def shoot(self, name):
        self.n_shots += 1
        time.sleep(0.4)
        path = os.path.join(self.shots, f"{self.n_shots:02}-{name}.png")
        tool = ["import", "-window", "root", path] if shutil.which("import") else ["scrot", "-o", path]
        subprocess.run(tool, check=False, timeout=30)

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


def lint_names(window):
    """Every control that is on screen has a name to be told by."""
    roles = (Atspi.Role.PUSH_BUTTON, Atspi.Role.TOGGLE_BUTTON, Atspi.Role.CHECK_BOX, Atspi.Role.COMBO_BOX,
             Atspi.Role.PROGRESS_BAR, Atspi.Role.TREE_TABLE, Atspi.Role.TEXT, Atspi.Role.LIST_ITEM)
    nameless = []
    for node in window.walk():
        if node.get_role() in roles and not node.get_name():
            nameless.append(f"{node.get_role_name()} in “{node.get_parent().get_name()}”")
    assert not nameless, f"controls without a name: {nameless}"


def journey(window, root):
    for _, full_name in PEOPLE.values():
        window.see(full_name)
    window.see("stay where they are")
    for node in ("Alice Anderson", "Bob Brown", "Carol Clark"):
        row = window.see(node)
        assert "to link" in row.get_name(), f"no time to link in “{row.get_name()}”"
        assert "files" in row.get_name(), f"no number of files in “{row.get_name()}”"
    lint_names(window)
    window.shoot("profiles")

    window.press("Capture")
    window.see("Linking")
    window.press("Cancel")
    window.see("The capture was stopped")
    lint_names(window)
    window.shoot("cancelled")

    window.press("Resume")
    window.see("are safe in the store")
    window.press("Log")
    window.shoot("captured-log")
    lint_names(window)
    window.press("People")
    window.shoot("captured")
    window.press("Show the Store")
    window.see("Alice Anderson, Bob Brown and Carol Clark")
    lint_names(window)
    window.shoot("store")

    refresh(root)
    window.press("Restore…")
    window.see("Whose files to put back")
    lint_names(window)
    window.shoot("restore-dialog")
    window.press("Restore")
    window.see("are back in place")
    window.shoot("restored")
    assert os.path.exists(f"{root}/home/alice/Documents/letter-07.txt")
    assert os.getxattr(f"{root}/home/bob/Documents/letter-01.txt", "user.note") == b"kept"

    window.press("Check What Came Back")
    window.see("Everything came back")
    lint_names(window)
    window.shoot("everything-came-back")

    os.unlink(f"{root}/home/alice/Documents/letter-07.txt")
    window.press("Check Now")
    window.press("Show the Result")
    window.see("did not come back")
    window.see("Documents/letter-07.txt")
    window.see("Missing")
    window.see("It should be there and is not")
    lint_names(window)
    window.shoot("one-file-missing")

    window.press("Put It Back")
    window.press("Check What Came Back")
    window.press("Show the Result")
    window.see("Everything came back")
    assert os.path.exists(f"{root}/home/alice/Documents/letter-07.txt")
    window.shoot("put-back")


def main():
    program, shots = sys.argv[1:]
    if os.geteuid() != 0:
        print("skipped: three people's files need root")
        sys.exit(77)
    shutil.rmtree(shots, ignore_errors=True)
    os.makedirs(shots)
    scratch = tempfile.mkdtemp(prefix="mooring-journey.", dir=os.environ.get("TMPDIR", "/var/tmp"))
    volume = Volume(scratch)
    window = None
    try:
        make_system(volume.path, "Debian GNU/Linux 12 (bookworm)", with_people=True)
        make_homes(volume.path)
        window = Window(program, volume.path, shots)
        journey(window, volume.path)
        print("ok: captured, cancelled, resumed, restored, checked")
    finally:
        if window is not None:
            window.close()
        volume.close()
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
