#!/bin/bash
# Captures of programs that helpers read, talking for real: a server and a client in network namespaces of their own, and
# tcpdump between them.
#
#     scripts/helpers/record-traffic.sh OUT_DIR [NAME...]
#
# Needs root and what each scenario calls: vsftpd curl tnftp tftpd-hpa atftp sip-tester ngircd sane-utils pptpd pptp-linux
# samba-common-bin snmp python3 tcpdump iproute2 (Debian 12's packages of these names, and libc's python). Writes
# OUT_DIR/NAME.pcap. What the programs say differs a little from run to run: ports, times, identifiers.
set -u
here=$(dirname "$(readlink -f "$0")")
out=$(readlink -f "$1"); shift
scenarios=("$@")
mkdir -p "$out"
tmp=$(mktemp -d)
server=helpers-server-$$ client=helpers-client-$$
SERVER=10.9.0.1 CLIENT=10.9.0.2 REGISTRAR=10.9.0.3 SERVER6=fd09::1 CLIENT6=fd09::2
started=()

# Ends what runs in the namespaces, whoever started it: some servers leave their terminal.
quiet() {
  local pids
  pids=$(ip netns pids "$server" 2>/dev/null; ip netns pids "$client" 2>/dev/null)
  [ -z "$pids" ] || kill $pids 2>/dev/null
  [ ${#started[@]} -eq 0 ] || wait "${started[@]}" 2>/dev/null
  started=()
}

finish() {
  quiet
  ip netns del "$server" 2>/dev/null
  ip netns del "$client" 2>/dev/null
  rm -rf "$tmp"
}
trap finish EXIT

on_server() { ip netns exec "$server" "$@"; }
on_client() { ip netns exec "$client" "$@"; }
# Starts a program that stays, and gives it time to listen.
serve() { on_server "$@" >"$tmp/serve.log" 2>&1 & started+=($!); sleep 0.5; }

ip netns add "$server" && ip netns add "$client" || exit 1
ip link add wire0 netns "$server" type veth peer name wire1 netns "$client"
for side in "$server 10.9.0.1 fd09::1 wire0" "$client 10.9.0.2 fd09::2 wire1"; do
  read -r ns v4 v6 dev <<<"$side"
  ip -n "$ns" link set lo up
  ip -n "$ns" link set "$dev" gso_max_segs 1 gro_max_size 1500 2>/dev/null || ip -n "$ns" link set "$dev" gso_max_segs 1
  ip -n "$ns" addr add "$v4/24" broadcast 10.9.0.255 dev "$dev"
  ip -n "$ns" addr add "$v6/64" dev "$dev" nodad
  ip -n "$ns" link set "$dev" up
done
ip -n "$server" addr add "$REGISTRAR/24" dev wire0
sleep 0.5

# Runs a scenario: NAME is a function below.
record() {
  local name=$1
  on_server tcpdump -i wire0 -U --immediate-mode -w "$tmp/$name.pcap" --time-stamp-precision=micro not icmp6 and not arp and not ip6 multicast 2>"$tmp/tcpdump.log" &
  local dump=$!
  for _ in $(seq 50); do grep -q listening "$tmp/tcpdump.log" && break; sleep 0.1; done
  "$name" >"$tmp/$name.log" 2>&1
  sleep 0.5
  kill "$dump"; wait "$dump" 2>/dev/null
  quiet
  cp "$tmp/$name.pcap" "$out/$name.pcap"
  [ -z "${VERBOSE:-}" ] || cat "$tmp/$name.log" "$tmp/serve.log"
  echo "$name: $(tcpdump -nr "$out/$name.pcap" 2>/dev/null | wc -l) packets"
}

# FTP: active and passive, in the words of RFC 959 and of RFC 2428, up and down, over IPv4 and IPv6.
ftp() {
  mkdir -p "$tmp/ftp/in"; chmod 777 "$tmp/ftp/in"; chmod 755 "$tmp" "$tmp/ftp"
  seq 400 >"$tmp/ftp/numbers"
  cat >"$tmp/vsftpd.conf" <<CONF
listen_ipv6=YES
anonymous_enable=YES
anon_root=$tmp/ftp
anon_upload_enable=YES
write_enable=YES
no_anon_password=YES
seccomp_sandbox=NO
isolate=NO
isolate_network=NO
xferlog_enable=NO
connect_from_port_20=YES
secure_chroot_dir=$tmp/ftp
CONF
  serve vsftpd "$tmp/vsftpd.conf"
  on_client curl -sS --disable-epsv "ftp://$SERVER/numbers" -o /dev/null        # PASV
  on_client curl -sS "ftp://$SERVER/numbers" -o /dev/null                       # EPSV
  on_client curl -sS --ftp-port - --disable-eprt "ftp://$SERVER/numbers" -o /dev/null # PORT
  on_client curl -sS --ftp-port - "ftp://$SERVER/" -o /dev/null                 # EPRT
  on_client curl -sS --disable-epsv -T "$tmp/ftp/numbers" "ftp://$SERVER/in/up"
  on_client curl -sS "ftp://[$SERVER6]/numbers" -o /dev/null                    # EPSV over IPv6
  on_client curl -sS --ftp-port - "ftp://[$SERVER6]/numbers" -o /dev/null       # EPRT over IPv6
  # One session with several transfers, one of them announced and never fetched.
  on_client python3 "$here/ftp-session.py" "$SERVER"
}

# TFTP: reading, writing, a file that is not there; a name cut by nothing but its length.
tftp() {
  mkdir -p "$tmp/tftp"; seq 900 >"$tmp/tftp/numbers"; : >"$tmp/tftp/up"; chmod 666 "$tmp"/tftp/*; chmod 755 "$tmp"
  serve in.tftpd -L -a "$SERVER:69" -s -u root "$tmp/tftp"
  serve in.tftpd -6 -L -a "[$SERVER6]:69" -s -u root "$tmp/tftp"
  on_client atftp --get -r numbers -l "$tmp/got" "$SERVER"
  on_client atftp --put -l "$tmp/tftp/numbers" -r up "$SERVER"
  on_client atftp --get -r missing -l "$tmp/none" "$SERVER"
  on_client curl -sS "tftp://[$SERVER6]/numbers" -o /dev/null
  on_client curl -sS "tftp://$SERVER/numbers" -o /dev/null
}

# SIP over UDP and TCP: calls with media, a registration with calls back, one that is refused.
sip() {
  serve sipp -sn uas -i "$SERVER" -p 5060 -mi "$SERVER" -mp 6000 -rtp_echo -nostdin
  on_client sipp -sn uac -i "$CLIENT" -p 5070 -mi "$CLIENT" -mp 7000 -m 2 -r 2 -d 300 -nostdin "$SERVER:5060"
  on_client python3 "$here/media.py" "$CLIENT" "$SERVER" 6000 & local there=$!
  on_server python3 "$here/media.py" "$SERVER" "$CLIENT" 7000 & local back=$!
  on_client sipp -sn uac -i "$CLIENT" -p 5060 -mi "$CLIENT" -mp 7000 -m 1 -d 1500 -nostdin "$SERVER:5060"
  wait "$there" "$back"
  serve sipp -sn uas -t t1 -i "$SERVER" -p 5060 -mi "$SERVER" -mp 6100 -nostdin
  on_client sipp -sn uac -t t1 -i "$CLIENT" -p 5071 -mi "$CLIENT" -mp 7100 -m 2 -r 2 -d 300 -nostdin "$SERVER:5060"
  serve sipp -sf "$here/registrar.xml" -i "$REGISTRAR" -p 5060 -nostdin
  on_client sipp -sf "$here/register.xml" -i "$CLIENT" -p 5060 -m 1 -nostdin "$REGISTRAR:5060"
  serve sipp -sn uas -i "[$SERVER6]" -p 5060 -mi "[$SERVER6]" -mp 6200 -nostdin
  on_client sipp -sn uac -i "[$CLIENT6]" -p 5060 -mi "[$CLIENT6]" -mp 7200 -m 1 -d 300 -nostdin "[$SERVER6]:5060"
}

# IRC: offers of files and chats that go through a server, and the connections that follow.
irc() {
  cat >"$tmp/ngircd.conf" <<CONF
[Global]
Name = irc.example.net
Info = test
Listen = $SERVER
Ports = 6667
ServerUID = root
ServerGID = root
[Options]
PAM = no
Ident = no
DNS = no
CONF
  serve ngircd -n -f "$tmp/ngircd.conf"
  on_client python3 "$here/irc-session.py" "$SERVER" "$CLIENT" &
  local talk=$!
  sleep 1.5
  on_server python3 "$here/irc-fetch.py" "$CLIENT"
  wait "$talk"
}

# SANE: a scan over the network, with the test scanner of the library.
sane() {
  mkdir -p "$tmp/sane"
  printf 'test\n' >"$tmp/sane/dll.conf"
  printf '%s\n' "$CLIENT" >"$tmp/sane/saned.conf"
  serve env SANE_CONFIG_DIR="$tmp/sane" saned -l -b "$SERVER" -e -a root
  mkdir -p "$tmp/net"
  printf 'net\n' >"$tmp/net/dll.conf"
  printf 'connect_timeout = 5\n%s\n' "$SERVER" >"$tmp/net/net.conf"
  on_client env SANE_CONFIG_DIR="$tmp/net" timeout 20 scanimage -d "net:$SERVER:test:0" --resolution 20 -x 5 -y 5
  on_client env SANE_CONFIG_DIR="$tmp/net" timeout 20 scanimage -d "net:$SERVER:test:0" --resolution 20 -x 5 -y 5
}

# PPTP: a call set up by the client, something through its tunnel, and the end.
pptp() {
  mkdir -p "$tmp/pptp"
  cat >"$tmp/pptp/ppp" <<'PPP'
#!/bin/sh
# Stands for pppd: frames of its own kind, so that the tunnel has something to carry.
for i in 1 2 3 4 5 6; do printf '\176\377\175\043\300\041\175\041\175\041\175\040\175\044\321\265\176'; sleep 0.3; done
PPP
  chmod +x "$tmp/pptp/ppp"
  printf 'ppp %s\noption %s\nlocalip 10.99.0.1\nremoteip 10.99.0.2-9\n' "$tmp/pptp/ppp" /dev/null >"$tmp/pptp/conf"
  serve pptpd -f -c "$tmp/pptp/conf" -l "$SERVER" -p "$tmp/pptp/pid"
  "$tmp/pptp/ppp" | on_client timeout 6 pptp "$SERVER" --nolaunchpppd --nobuffer >/dev/null
  "$tmp/pptp/ppp" | on_client timeout 4 pptp "$SERVER" --nolaunchpppd --nobuffer >/dev/null
}

# Questions that are broadcast, and answers from elsewhere.
broadcast() {
  on_server python3 "$here/answer.py" 137 161 & started+=($!)
  sleep 0.5
  on_client nmblookup -B 10.9.0.255 WORKGROUP
  on_client nmblookup -U "$SERVER" SERVER
  on_client snmpget -v 2c -c public -r 1 -t 1 "udp:$SERVER:161" 1.3.6.1.2.1.1.1.0
}

all=(ftp tftp sip irc sane pptp broadcast)
for name in "${scenarios[@]:-${all[@]}}"; do record "$name"; done
