# frozen_string_literal: true

# Which room of the Rust sources may use which, and that no two files use each other.
RSpec.describe "The rooms of the Rust sources" do
  directions = {
    "ext/core/src" => {
      "json" => [],
      "money" => [],
      "request" => %w[json money],
      "redact" => %w[request],
      "answer" => %w[json money redact request],
      "http" => %w[answer redact request],
      "lookup" => %w[http json money request],
      "health" => %w[answer request],
      "routing" => %w[answer health money panic request]
    },
    "ext/llm_router/src" => {
      "values" => [],
      "runtime" => %w[values],
      "walk" => %w[runtime values],
      "api" => %w[runtime values walk]
    }
  }

  root = File.expand_path("../..", __dir__)
  read = ->(path) { File.read(File.join(root, path)).gsub(%r{//.*$}, "") }
  files = ->(folder) { Dir.glob("#{folder}/**/*.rs", base: root) }

  # "crate::a::{b, c::d}" names a::b and a::c::d.
  expand = lambda do |path|
    prefix, group = path.match(/\A([^{]*)\{(.*)\}\z/m)&.captures
    next [path.strip] unless group

    group.scan(/(?:[^,{}]|\{[^{}]*\})+/).flat_map(&expand).map { |item| "#{prefix}#{item}" }
  end
  named = lambda do |source|
    source.scan(/\bcrate::((?:\w+::)*(?:\{(?:[^{}]|\{[^{}]*\})*\}|\w+))/m).flat_map { |(path)| expand.call(path) }
  end

  directions.each do |sources, rooms|
    describe sources do
      it "lists every room, each with those above it in the list only" do
        folders = Dir.glob("*/**/*.rs", base: File.join(root, sources)).map { |file| file[%r{\A[^/]+}] }
        expect(rooms.keys).to match_array(folders.uniq)
        rooms.each_with_index do |(_, used), place|
          expect(used & rooms.keys).to eq(used & rooms.keys.first(place))
        end
      end

      rooms.each do |room, used|
        it "lets #{room} use #{used.empty? ? 'no other room' : used.join(', ')}" do
          found = files.call("#{sources}/#{room}").to_h do |file|
            [file, named.call(read.call(file)).map { |path| path[/\A\w+/] }.uniq - used - [room]]
          end
          expect(found.reject { |_, names| names.empty? }).to be_empty
        end

        it "has no two files of #{room} that use each other" do
          sources_of_room = files.call("#{sources}/#{room}")
          face = read.call("#{sources}/#{room}/mod.rs")
          homes = face.scan(/use (?:self::)?(\w+)::(\{[^}]*\}|\w+)/m).flat_map do |file, names|
            names.scan(/\w+/).map { |name| [name, file] }
          end.to_h
          uses = sources_of_room.to_h do |file|
            own = file.delete_prefix("#{sources}/#{room}/")[/\A\w+/]
            inside = named.call(read.call(file)).filter_map { |path| path[/\A#{room}::(\w+)/, 1] }
            [own, inside.map { |name| homes.fetch(name, name) }.uniq - [own]]
          end
          # Take away, again and again, the files that use none of the rest: only a cycle remains.
          loop { break unless uses.reject! { |_, others| (others & uses.keys).empty? } }
          expect(uses).to be_empty
        end
      end
    end
  end

  it "have unsafe code in one module" do
    all = directions.keys.flat_map(&files)
    unsafe = all.select { |file| read.call(file).match?(/\bunsafe\b|unsafe_code/) }
    expect(unsafe).not_to be_empty
    expect(unsafe).to all(start_with("ext/llm_router/src/runtime/gvl/"))
  end
end
