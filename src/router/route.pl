#!/usr/bin/perl
# The extension script of billing_router: router.sql, and for each function of billing's own script one that PL/Proxy
# sends to the cell that has the account. usage: route.pl ROUTES ROUTER_SQL BILLING_SQL
use strict;
use warnings;

my ($routes_file, $router_file, $script_file) = @ARGV;

sub slurp {
	my ($name) = @_;
	open my $file, '<', $name or die "$name: $!\n";
	local $/;
	return scalar <$file>;
}

# name => [ way, why ]
my %listed = map { /^(\w+)\s+(\w+)\s*(.*)$/ ? ($1 => [ $2, $3 ]) : () } grep { !/^#/ } split /\n/, slurp($routes_file);
my $router = slurp($router_file);
my $script = slurp($script_file);
my %used;
my %way_of;

# The arguments of a list: commas in quotes and brackets part nothing.
sub split_arguments {
	my ($list) = @_;
	my @arguments;
	while ($list =~ /\G\s*((?:[^,'"()]|'(?:[^']|'')*'|"[^"]*"|\((?:[^()]*)\))+)(?:,|$)/gc) { push @arguments, $1 }
	die "cannot read the arguments ($list)\n" if (pos($list) // 0) < length $list;
	return @arguments;
}

# { name, type } of those that are given.
sub given {
	return map { /^"?(\w+)"?\s+(.*?)(?:\s*=.*|\s+DEFAULT\s.*)?\s*$/s ? { name => $1, type => $2 } : die "cannot read the argument $_\n" } grep { !/^OUT\s/ } @_;
}

sub way {
	my ($f) = @_;
	my $first = $f->{given}[0] // { name => '', type => '' };
	if (my $entry = $listed{ $f->{name} }) { $used{ $f->{name} } = 1; return $entry->[0] }
	return 'none' if $f->{returns} eq 'trigger';
	return 'local' if $f->{rest} =~ /\bIMMUTABLE\b/;
	return 'account' if $first->{name} eq 'account_id' && $first->{type} eq 'bigint';
	return 'key' if $first->{name} eq 'api_key' && $first->{type} eq 'text';
	return 'all' if $f->{rest} =~ /\bSTABLE\b/ && $f->{returns} =~ /^(?:SETOF|TABLE)\b/;
	return 'cell';
}

# PL/Proxy hands values on as text: an instant is written so that the cell cannot take its day for its month.
my $as_text = "SET datestyle = 'ISO, MDY' SET intervalstyle = 'postgres'";

# PL/Proxy takes any word of a body that an argument is called by for that argument.
sub is_word { my ($word, $body) = @_; return $body =~ /\b\Q$word\E\b/i }

sub proxy {
	my ($f, $run) = @_;
	my $body = "CLUSTER 'billing'; RUN ON $run;";
	is_word($_->{name}, $body) and die "$f->{name}: argument $_->{name} is a word of its route\n" for @{ $f->{given} };
	return "CREATE FUNCTION billing.$f->{name}($f->{arguments}) RETURNS $f->{returns}\n    LANGUAGE plproxy $as_text AS \$\$ $body \$\$;\n$f->{comment}\n";
}

# The same with the cell in front. An argument that is called by a word of the body, such as "from", gets an underscore behind.
sub of_cell {
	my ($f) = @_;
	my $place = 1;
	my $values = join ', ', map { '$' . ++$place . "::$_->{type}" } @{ $f->{given} };
	my $body = "CLUSTER 'billing'; RUN ON billing_router.cell_number(\$1); SELECT * FROM billing.$f->{name}($values);";
	my @arguments = split_arguments($f->{arguments});
	for (grep { !/^OUT\s/ } @arguments) { s/^("?)(\w+)\1(?=\s)/is_word($2, $body) ? "\"$2_\"" : $&/e }
	my $arguments = join ', ', 'cell integer', @arguments;
	my $types = join ', ', 'integer', map { $_->{type} } @{ $f->{given} };
	return "CREATE FUNCTION billing_cell.$f->{name}($arguments) RETURNS $f->{returns}\n    LANGUAGE plproxy $as_text AS \$\$ $body \$\$;\n"
	  . "COMMENT ON FUNCTION billing_cell.$f->{name}($types) IS 'billing.$f->{name}() in one cell.';\n";
}

# In every cell, one after the other, each for itself; where none does it, the first error is raised.
sub in_each {
	my ($f) = @_;
	my $place = 0;
	my $values = join ', ', 'number', map { '$' . ++$place } @{ $f->{given} };
	my ($from) = grep { $f->{given}[$_]{name} eq 'effective_from' } 0 .. $#{ $f->{given} };
	my $check = defined $from ? "    IF \$" . ($from + 1) . " IS NULL THEN\n        RAISE EXCEPTION 'effective_from must not be null' USING ERRCODE = 'LB101', HINT = 'Give a value: cells would each take another present.';\n    END IF;\n" : '';
	my $types = join ', ', map { $_->{type} } @{ $f->{given} };
	my $inputs = join ', ', grep { length } $f->{arguments}, 'OUT cell integer', 'OUT result text', 'OUT error text';
	return <<"S";
CREATE FUNCTION billing.$f->{name}($inputs) RETURNS SETOF record
    LANGUAGE plpgsql SET search_path FROM CURRENT AS \$\$
DECLARE
    number integer;
    done bigint := 0;
    code text;
    message text;
    advice text;
BEGIN
$check    FOR number IN SELECT c.cell FROM billing_router.cell AS c ORDER BY c.cell LOOP
        cell := number;
        error := NULL;
        BEGIN
            result := (SELECT coalesce(string_agg(r::text, ', '), '') FROM billing_cell.$f->{name}($values) AS r);
            done := done + 1;
        EXCEPTION WHEN OTHERS THEN
            result := NULL;
            error := SQLSTATE || ' ' || SQLERRM;
            IF code IS NULL THEN
                GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, advice = PG_EXCEPTION_HINT;
            END IF;
        END;
        RETURN NEXT;
    END LOOP;
    IF done = 0 AND code IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = code, MESSAGE = message, HINT = advice;
    END IF;
END \$\$;
COMMENT ON FUNCTION billing.$f->{name}($types) IS 'billing.$f->{name}() in every cell: what each answered, or why it did not. Where there is an error, the others have done it, and that cell lacks it: billing_cell.$f->{name}(cell, ...).';
S
}

# Where the account is made is found out first.
sub new_account {
	my ($f) = @_;
	my %place = map { $f->{given}[$_]{name} => $_ + 1 } 0 .. $#{ $f->{given} };
	my $place = 0;
	my $values = join ', ', map { '$' . ++$place } @{ $f->{given} };
	return "CREATE FUNCTION billing.$f->{name}($f->{arguments}) RETURNS $f->{returns}\n    LANGUAGE plpgsql SET search_path FROM CURRENT AS \$\$\nBEGIN\n"
	  . "    RETURN billing_cell.$f->{name}(billing_router.cell_for(\$$place{account_id}, \$$place{external_ref}), $values);\nEND \$\$;\n$f->{comment}\n";
}

sub written {
	my ($f) = @_;
	my $head = "CREATE FUNCTION billing.$f->{name}($f->{arguments}) RETURNS $f->{returns}\n";
	die "$f->{name} is not written in $router_file as billing has it\n" if index($router, $head) < 0;
	return '';
}

sub route_function {
	my ($f) = @_;
	my $way = $way_of{ $f->{name} } = way($f);
	my %ways = (
		none => sub { '' }, local => sub { "$f->{text}\n$f->{comment}\n" }, cell => sub { '' },
		account => sub { proxy($f, 'billing_router.cell_of($1)') }, key => sub { proxy($f, 'billing_router.cell_of_key($1)') },
		all => sub { proxy($f, 'ALL') }, any => sub { proxy($f, 'ANY') },
		same => sub { in_each($f) }, new => sub { new_account($f) }, written => sub { written($f) });
	my $here = ($ways{$way} // die "$routes_file: $f->{name} has no way $way\n")->();
	return $here . ($way =~ /^(?:none|local)$/ ? '' : of_cell($f));
}

# A view over what all cells say.
sub route_view {
	my ($name, $text) = @_;
	if ($listed{$name}) { $used{$name} = 1; return '' }
	my @read = $text =~ /\bbilling\.(\w+)\(/g;
	die "view $name reads what is not asked of all cells: say so in $routes_file\n" if @read != 1 || ($way_of{ $read[0] } // '') ne 'all';
	return $text;
}

my $routed = '';
while ($script =~ /^(CREATE (FUNCTION|TYPE|VIEW) billing\.(\w+).*?;\nCOMMENT ON \2 billing\.\3\b.*?;\n)/gms) {
	my ($text, $kind, $name) = ($1, $2, $3);
	die "$name: its comment does not follow it\n" if $text =~ /;\n+CREATE /;
	if ($kind eq 'TYPE') { $routed .= "$text\n"; next }
	if ($kind eq 'VIEW') { $routed .= route_view($name, $text) . "\n"; next }
	my ($made, $comment) = $text =~ /^(.*?;)\n(COMMENT ON FUNCTION .*;)\n$/s or die "$name: no comment\n";
	my ($arguments, $returns, $rest) = $made =~ /^CREATE FUNCTION billing\.\w+\((.*?)\)\s+RETURNS\s+(.*?)\s*\n\s+((?:LANGUAGE|IMMUTABLE|STABLE|VOLATILE|STRICT)\b.*)$/s or die "cannot read function $name\n";
	my %f = (name => $name, text => $made, comment => $comment, arguments => $arguments, returns => $returns, rest => $rest);
	$f{given} = [ given(split_arguments($arguments)) ];
	$routed .= route_function(\%f) . "\n";
}
for (sort keys %listed) { die "$routes_file: there is no $_\n" unless $used{$_} }

print $router, "\n", $routed, <<'S';
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA billing, billing_cell, billing_router FROM PUBLIC;
REVOKE ALL ON SCHEMA billing, billing_cell FROM PUBLIC;
-- Where a call goes is no secret, and is looked up as who calls.
GRANT USAGE ON SCHEMA billing_router TO PUBLIC;
GRANT SELECT ON billing_router.cell, billing_router.open_cells TO PUBLIC;
GRANT EXECUTE ON FUNCTION billing_router.cell_of(bigint), billing_router.cell_of_key(text), billing_router.cell_number(integer), billing_router.cell_for(bigint, text),
    billing_router.server_fault(integer) TO PUBLIC;
S
