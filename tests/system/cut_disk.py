"""A disk whose power can be cut: a real ext4 on a loop device, which is shut down without flushing and
mounted again (the journal is replayed, as after a cut). Needs root and loop devices; without them
the script ends with 77 (skipped)."""
import fcntl
import os
import struct
import subprocess
import sys
import time

EXT4_IOC_SHUTDOWN = 0x8004587D  # _IOR('X', 125, __u32); the same number on XFS
NO_LOG_FLUSH = 2


class CutDisk:
    def __init__(self, image, folder, size='256M'):
        """Makes the file system; it is not mounted yet."""
        if os.geteuid() != 0:
            print('skipped: needs root for mount')
            sys.exit(77)
        self.image, self.folder = image, folder
        os.makedirs(folder, exist_ok=True)
        subprocess.run(['truncate', '-s', size, image], check=True)
        subprocess.run(['mkfs.ext4', '-q', '-F', image], check=True)
        if subprocess.run(['mount', '-o', 'loop', image, folder]).returncode != 0:
            print('skipped: no loop devices here')
            sys.exit(77)
        self.unmount()

    def mount(self):
        subprocess.run(['mount', '-o', 'loop', self.image, self.folder], check=True)

    def cut(self, just_before=lambda: None):
        """From now on nothing reaches the disk. Gives what `just_before` gave at the last moment."""
        fd = os.open(self.folder, os.O_RDONLY)
        seen = just_before()
        fcntl.ioctl(fd, EXT4_IOC_SHUTDOWN, struct.pack('I', NO_LOG_FLUSH))
        os.close(fd)
        return seen

    def unmount(self):
        for _ in range(500):
            if subprocess.run(['umount', self.folder], stderr=subprocess.DEVNULL).returncode == 0:
                return
            time.sleep(0.02)
        sys.exit(f'umount {self.folder}: still busy')
