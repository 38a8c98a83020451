"""The real OmegaT of Debian, on screens of its own, driven like a person does: keys and a mouse."""
import os
import subprocess
import time

from yizhan_fixture import wait_for

JAR = '/usr/share/omegat/OmegaT.jar'
JAVA = ['java', '-Djava.library.path=/usr/lib/jni', '-Duser.language=en', '-Xmx256m', '-jar', JAR]
# OmegaT asks nothing at its start and shows only its main window.
PREFERENCES = '''<?xml version="1.0" encoding="UTF-8" ?>
<omegat><preference version="1.0">
<project_files_show_on_load>false</project_files_show_on_load>
<auto_save_interval>3600</auto_save_interval>
<team_Author>{author}</team_Author>
</preference></omegat>
'''


def missing():
    """What this machine lacks, or nothing."""
    programs = ['java', 'Xvfb', 'openbox', 'xdotool', 'import']
    lacking = [p for p in programs if subprocess.run(['which', p], capture_output=True).returncode]
    return lacking + ([] if os.path.exists(JAR) else ['omegat'])


class Screen:
    """An X server with a window manager, which tells windows apart from their frames."""

    def __init__(self):
        reader, writer = os.pipe()
        self.server = subprocess.Popen(
            ['Xvfb', '-displayfd', str(writer), '-screen', '0', '1000x720x24', '-nolisten', 'tcp'],
            pass_fds=[writer], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(writer)
        with os.fdopen(reader) as told:
            self.name = ':' + told.readline().strip()
        self.environment = {**os.environ, 'DISPLAY': self.name}
        self.manager = subprocess.Popen(['openbox'], env=self.environment,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def xdotool(self, *arguments, check=True):
        return subprocess.run(['xdotool', *arguments], env=self.environment, check=check,
                              capture_output=True, text=True, timeout=30).stdout

    def titles(self):
        """Of all windows that a person sees."""
        found = self.xdotool('search', '--onlyvisible', '--class', 'omegat', check=False).split()
        names = [self.xdotool('getwindowname', w, check=False).strip() for w in found]
        return sorted({n for n in names if n and n not in ('Content window', 'FocusProxy')})

    def picture(self, path):
        subprocess.run(['import', '-window', 'root', path], env=self.environment, check=True,
                       timeout=30)

    def close(self):
        for process in (self.manager, self.server):
            process.terminate()
            process.wait(10)


class OmegaT:
    """The program with one project open."""

    def __init__(self, project, config, author):
        os.makedirs(config, exist_ok=True)
        with open(f'{config}/omegat.prefs', 'w') as f:
            f.write(PREFERENCES.format(author=author))
        self.project = project
        self.screen = Screen()
        self.log = open(f'{config}/out.log', 'wb')
        self.process = subprocess.Popen(
            JAVA + [f'--config-dir={config}', '--no-team', project], env=self.screen.environment,
            stdout=self.log, stderr=self.log)
        name = os.path.basename(project)
        wait_for('OmegaT to open the project',
                 lambda: any(name in t for t in self.screen.titles()), 90, 0.5)
        time.sleep(2)
        window = self.screen.xdotool('search', '--name', f':: {name}').split()[-1]
        self.screen.xdotool('windowactivate', '--sync', window)

    def keys(self, *keys, pause=0.7):
        for key in keys:
            self.screen.xdotool('key', key)
            time.sleep(pause)

    def type(self, text):
        self.screen.xdotool('type', '--delay', '40', text)
        time.sleep(0.4)

    def click(self, x, y):
        self.screen.xdotool('mousemove', str(x), str(y), 'click', '1')
        time.sleep(0.8)

    def into_editor(self):
        self.click(120, 320)

    def save(self):
        """Control-S, and the file is there when this returns."""
        path = f'{self.project}/omegat/project_save.tmx'
        before = os.stat(path).st_mtime_ns if os.path.exists(path) else 0
        self.keys('ctrl+s')
        wait_for('OmegaT to save',
                 lambda: os.path.exists(path) and os.stat(path).st_mtime_ns != before, 15)

    def memory(self):
        with open(f'{self.project}/omegat/project_save.tmx', encoding='utf-8') as f:
            return f.read()

    def only_main_window(self):
        titles = self.screen.titles()
        return len(titles) == 1 and '::' in titles[0] or titles

    def close(self):
        self.process.terminate()
        self.process.wait(20)
        self.log.close()
        self.screen.close()


def translate_without_screen(project, config):
    os.makedirs(config, exist_ok=True)
    return subprocess.run(JAVA + [f'--config-dir={config}', '--no-team', '--quiet',
                                  '--mode=console-translate', project],
                          capture_output=True, text=True, timeout=120)
