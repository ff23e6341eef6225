# Do citations lead somewhere? docs/rules.md, docs/books-and-states.md and docs/design.md are what code,
# SQL, tests and docs cite: a rule by its number, the other two as "B&S" and "design" with the number
# of a section. Every citation must have its target, every rule that is built a test that names it,
# and what is not built its mark. From the root of the tree, without a server.
use strict;
use warnings;

use File::Basename qw(dirname);
use Test::More;

use lib 'test/house';
use House;

my $self = 'test/house/rules.pl';
my $mark = qr/\*\((?:not built yet|in part: (?:(?!\)\*).)*not built yet)\)\*/s;

# From one citation to the next number of a list, and over the end of a comment's line.
my $gap = qr/(?:\s|\n\h*(?:\*|\#|--)\h)+/;
my $number = qr/[1-9]\d*(?:\.\d+)?/;
my $numbers = qr/$number(?:(?:,$gap|$gap(?:and|to)$gap|-)$number)*/;

# ---- what there is to read ------------------------------------------------------------------------

read_tree('c|h|sql|spec|pl|pm|sh|md', qw(src sql test docs README.md CHANGELOG.md));

my @normative = qw(docs/rules.md docs/books-and-states.md docs/design.md);
for (@normative) {
	BAIL_OUT("$_ is not there: run this from the root of the tree") unless defined $text{$_};
}

# ---- what may be cited ----------------------------------------------------------------------------

# The paragraphs "**R1 Title.** ..." of rules.md: number -> the paragraph, and where it begins.
my (%rule, @rule_faults);
while ($text{'docs/rules.md'} =~ /^(\*\*R(\d+) .*?)(?=\n\n|\z)/gms) {
	push @rule_faults, at('docs/rules.md', $-[0]) . "R$2 stands here again" if $rule{$2};
	$rule{$2} = { text => $1, offset => $-[0] };
}
my ($missing) = grep { !$rule{$_} } 1 .. keys %rule;
push @rule_faults, "docs/rules.md: R$missing is missing" if $missing;
check('rules are numbered without a gap', scalar keys %rule, 20, @rule_faults);

# Headings "## 4 States" and "### 4.1 payment", and items "1. ..." of a section's own list.
sub sections {
	my ($file) = @_;
	my (%found, $section);
	for (split /\n/, $text{$file}) {
		$found{ $section = $1 } = 1 if /^#+ ($number) /;
		$found{"$section.$1"} = 1 if defined $section && /^(\d+)\. /;
	}
	return \%found;
}

# ---- citations ------------------------------------------------------------------------------------

my (%named_in, @faults);
my $seen = 0;
for my $file (sort keys %text) {
	while ($text{$file} =~ /\bR(\d{1,3})\b/g) {
		$seen++;
		$named_in{$1}{$file} = 1;
		push @faults, at($file, $-[0]) . "R$1 is no rule of docs/rules.md" unless $rule{$1};
	}
}
check('every rule that is cited stands in docs/rules.md', $seen, 100, @faults);

for ([ 'docs/books-and-states.md', qr/B&S|books-and-states(?:\.md)?/, 50 ], [ 'docs/design.md', qr/\bdesign(?:\.md)?/, 20 ]) {
	my ($target, $title, $least) = @$_;
	my $sections = sections($target);
	($seen, @faults) = 0;
	for my $file (sort keys %text) {
		while ($text{$file} =~ /($title)$gap($numbers)/g) {
			my ($cited, $list, $offset) = ($1, $2, $-[0]);
			for ($list =~ /$number/g) {
				$seen++;
				push @faults, at($file, $offset) . "$cited $_ is no section of $target" unless $sections->{$_};
			}
		}
	}
	check("every section that is cited stands in $target", $seen, $least, @faults);
}

# ---- rules and their tests ------------------------------------------------------------------------

@faults = ();
for my $rule (sort { $a <=> $b } keys %rule) {
	next if $rule{$rule}{text} =~ /^\*\*R\d+ .*?\*\*\s\*\(not built yet\)\*/s;
	next if grep { m{^(?:sql|test)/} && $_ ne $self } keys %{ $named_in{$rule} };
	push @faults, at('docs/rules.md', $rule{$rule}{offset}) . "no test under sql/ or test/ names R$rule, and it is not marked as not built";
}
check('every rule that is built has a test that names it', scalar keys %rule, 20, @faults);

# ---- marks ----------------------------------------------------------------------------------------

# One form that grep finds: the words of a mark are never parted by the end of a line.
($seen, @faults) = 0;
for my $file (@normative) {
	my $rest = $text{$file} =~ s/$mark/'x' x ($+[0] - $-[0] - ($& =~ tr{\n}{})) . "\n" x ($& =~ tr{\n}{})/ger;
	$seen += () = $text{$file} =~ /$mark/g;
	while ($rest =~ /not\s+built\s+yet/g) {
		my $line = 1 + (substr($rest, 0, $-[0]) =~ tr/\n//);
		push @faults, "$file:$line: write *(not built yet)* or *(in part: what is missing not built yet)*";
	}
	while ($text{$file} =~ /not(?:\s*\n\s*built|\s+built\s*\n\s*)yet|not\s*\n\s*built/g) {
		push @faults, at($file, $-[0]) . '"not built yet" is broken over two lines';
	}
}
check('what is not built is marked in one form', $seen, 1, @faults);

# ---- links ----------------------------------------------------------------------------------------

# The name that a heading can be linked by.
sub anchors {
	my $text = shift;    # a copy: its caller is in the midst of matching the text itself
	return map { lc =~ s/[^\w\- ]//gr =~ tr/ /-/r => 1 } $text =~ /^#+ (.*?)\s*$/mg;
}

($seen, @faults) = 0;
for my $file (sort grep { /\.md$/ } keys %text) {
	while ($text{$file} =~ /\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)/g) {
		my ($path, $anchor, $offset) = ($1, $2, $-[0]);
		my $to = $path eq '' ? $file : dirname($file) eq '.' ? $path : dirname($file) . "/$path";
		1 while $to =~ s{(?:^|(?<=/))(?!\.\./)[^/]+/\.\./}{};
		$seen++;
		if (!-e $to) {
			push @faults, at($file, $offset) . "$path is not there";
		} elsif (defined $anchor && defined $text{$to}) {
			my %anchor = anchors($text{$to});
			push @faults, at($file, $offset) . "$to has no heading #$anchor" unless $anchor{$anchor};
		}
	}
}
check('every link leads to a file, and to its heading', $seen, 10, @faults);

done_testing();
