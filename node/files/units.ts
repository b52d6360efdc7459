import { etcdRestart, markerIntervalSeconds } from '../policy.ts';

/**
 * /etc/systemd/system/etcd.service. Started by bootstrap.sh alone: it is not enabled, and without the environment under
 * /run, which a reboot empties, and a mounted volume it refuses. Weights and OOM score keep it from being starved (design §3). A shutdown
 * stops it before network and volume, with SIGTERM, on which etcd hands leadership over and closes its log (ADR 24).
 */
export const etcdService = `[Unit]
Description=etcd of a Trivet control-plane slot
Documentation=https://etcd.io/docs/
After=network-online.target
Wants=network-online.target
ConditionPathExists=/run/trivet/etcd-initial.env
AssertPathIsMountPoint=/var/lib/etcd
RequiresMountsFor=/var/lib/etcd
StartLimitIntervalSec=${etcdRestart.intervalSeconds}
StartLimitBurst=${etcdRestart.burst}

[Service]
Type=notify
User=etcd
Group=etcd
Slice=etcd.slice
EnvironmentFile=/run/trivet/etcd.env
EnvironmentFile=/run/trivet/etcd-initial.env
ExecStart=/usr/local/bin/etcd
Restart=${etcdRestart.on}
RestartSec=${etcdRestart.delayMilliseconds / 1000}
TimeoutStartSec=infinity
TimeoutStopSec=30
LimitNOFILE=65536
OOMScoreAdjust=-997
CPUWeight=1000
IOWeight=1000
Nice=-5
IOSchedulingClass=best-effort
IOSchedulingPriority=0
NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ReadWritePaths=/var/lib/etcd
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
LockPersonality=yes
UMask=0077
`;

/** /etc/systemd/system/trivet-bootstrap.service: at every boot, and again until it has started etcd. */
export const bootstrapService = `[Unit]
Description=Trivet: waits for the directive of this slot and starts etcd
After=network-online.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=/usr/local/lib/trivet/bootstrap.sh
Restart=on-failure
RestartSec=5

[Install]
WantedBy=multi-user.target
`;

/** /etc/systemd/system/trivet-marker.service: one update of the marker. */
export const markerService = `[Unit]
Description=Trivet: brings the marker on the etcd volume up to date
After=etcd.service

[Service]
Type=oneshot
ExecStart=/usr/local/lib/trivet/marker.sh
TimeoutStartSec=30
`;

/** /etc/systemd/system/trivet-marker.timer: started by bootstrap.sh together with etcd. */
export const markerTimer = `[Unit]
Description=Trivet: the marker on the etcd volume, each minute

[Timer]
OnActiveSec=5
OnUnitActiveSec=${markerIntervalSeconds}
AccuracySec=1
`;
