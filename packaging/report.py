#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sums up what meson's tests said: report.py NAME=LOG.json...

Every test case counts where a test tells them one by one (TAP), else the whole
test.  What was skipped is listed with its reason.  Prints a last line
"N passed, N failed, N skipped" and ends with 1 if anything failed.
"""
import json
import re
import sys

CASE = re.compile(r'^(ok|not ok)\s+\d+\s*-?\s*(.*)$')


def reasons(output):
    return [line.strip() for line in output.splitlines()
            if re.match(r'(# )?skipped:', line.strip(), re.I)]


def cases(test):
    """Yields (name, outcome, reason) for one test of meson's."""
    output = test.get('stdout', '')
    said = reasons(output + '\n' + test.get('stderr', ''))
    found = [CASE.match(line.strip()) for line in output.splitlines()]
    found = [match for match in found if match]
    n_failed = 0
    for match in found:
        name, _, directive = match.group(2).partition('#')
        directive = directive.strip()
        if directive.lower().startswith('skip'):
            # cmocka 1.1.5 writes "not ok 3 # SKIP name", and the reason before it.
            reason = said.pop(0) if said else 'no reason given'
            yield name.strip() or directive[4:].strip(), 'skipped', reason
        elif match.group(1) == 'not ok':
            n_failed += 1
            yield name.strip(), 'failed', ''
        else:
            yield name.strip(), 'passed', ''
    if test['result'] in ('OK', 'EXPECTEDFAIL'):
        if not found:
            yield '', 'passed', ''
    elif test['result'] == 'SKIP':
        if not found:
            yield '', 'skipped', said[0] if said else 'no reason given'
    elif n_failed == 0:
        yield '', 'failed', test['result'].lower()


def main():
    count = {'passed': 0, 'failed': 0, 'skipped': 0}
    lines = {'failed': [], 'skipped': []}
    for argument in sys.argv[1:]:
        build, _, path = argument.partition('=')
        try:
            with open(path, encoding='utf-8', errors='replace') as log:
                tests = [json.loads(line) for line in log]
        except FileNotFoundError:
            count['failed'] += 1
            lines['failed'].append(f'{build}: no tests were run')
            continue
        for test in tests:
            for name, outcome, reason in cases(test):
                count[outcome] += 1
                if outcome in lines:
                    where = ' / '.join(filter(None, (build, test['name'].split(' / ')[-1], name)))
                    lines[outcome].append(where + (f' ({reason})' if reason else ''))
    for outcome in ('skipped', 'failed'):
        if lines[outcome]:
            print(f'\n{outcome.capitalize()}:')
            print('\n'.join('  ' + line for line in lines[outcome]))
    print('\n{passed} passed, {failed} failed, {skipped} skipped'.format(**count))
    return 1 if count['failed'] else 0


sys.exit(main())
