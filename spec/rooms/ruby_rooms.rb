# frozen_string_literal: true

require "ripper"

# The rooms of lib/llm_router, and what a file in one of them refers to: constants, requires, and frameworks. Comments
# and messages do not count.
module RubyRooms
  LIB = File.expand_path("../../lib", __dir__)
  FRAMEWORKS = %w[ActiveJob ActiveRecord Rails Sidekiq GlobalID].freeze
  # Files that lie beside the rooms.
  BESIDE = { "llm_router" => :facade, "llm_router/notifications" => :facade, "llm_router/loading" => :facade,
             "llm_router/plug_ins" => :plug_ins, "llm_router/record" => :record, "llm_router/dashboard" => :dashboard,
             "llm_router/doctor" => :doctor, "llm_router/ruby_llm" => :faraday, "llm_router/budget" => :budget,
             "llm_router/database" => :database,
             "llm_router/testing" => :testing, "llm_router/native" => :native, "llm_router/llm_router" => :native,
             "llm_router/errors" => :native, "llm_router/version" => :native }.freeze
  LOADING = %w[require require_relative autoload].freeze
  LOOKED_UP = /const_(?:defined\?|get)\(:?"?(?:::)?(\w+)/

  # What one file says.
  # rubocop:disable Metrics/CyclomaticComplexity, Metrics/PerceivedComplexity
  class Source
    attr_reader :file, :defined

    def initialize(file)
      @file = file
      @code = File.read(File.join(LIB, "#{file}.rb"))
      @defined = []
      @named = []
      @loaded = []
      visit(Ripper.sexp(@code), [])
    end

    # @return [Symbol]
    def room
      RubyRooms.room_of(file)
    end

    # @return [Array<Array<String>>] paths of constants
    def constants
      code = @code.lines.grep_v(/\A\s*#/).join
      @named | code.scan(LOOKED_UP)
    end

    # @return [Array<String>] files of this gem, less ".rb"
    def requires
      @loaded.map { |path| path.delete_prefix("#{LIB}/") }
    end

    private

    def visit(node, scope)
      return unless node.is_a?(Array)
      return define(node, scope) if %i[class module].include?(node.first)

      path = path_of(node)
      return @named << path if path

      if node.first == :assign && node.dig(1, 0) == :var_field && node.dig(1, 1, 0) == :@const && scope == ["LlmRouter"]
        @defined << node.dig(1, 1, 1)
      end
      note_load(node)
      node.each { |child| visit(child, scope) }
    end

    def define(node, scope)
      _, name, *rest = node
      path = path_of([:var_ref, name.last]) || path_of(name)
      @defined << path.first if scope == ["LlmRouter"]
      rest.each { |child| visit(child, [*scope, *path]) }
    end

    # @return [Array<String>, nil] of a constant's name, without the namespace that all of them share
    def path_of(node)
      case node
      in [:var_ref | :top_const_ref, [:@const, name, _]] then [name]
      in [:const_path_ref, base, [:@const, name, _]] then path_of(base)&.push(name)
      else nil
      end
    end

    def note_load(node)
      name = node.dig(1, 1) if node.first == :command
      name = node.dig(1, 1, 1) if node.first == :method_add_arg
      return unless LOADING.include?(name)

      text = node.flatten.each_cons(2).filter_map { |kind, value| value if kind == :@tstring_content }
      @loaded.concat(text.map { |path| name == "require_relative" ? beside(path) : path })
    end

    def beside(path)
      File.expand_path(path, File.join(LIB, File.dirname(file)))
    end
  end

  # rubocop:enable Metrics/CyclomaticComplexity, Metrics/PerceivedComplexity

  module_function

  # @return [Array<Source>]
  def sources
    @sources ||= Dir[File.join(LIB, "llm_router{,/**/*}.rb")].map do |path|
      Source.new(path.delete_prefix("#{LIB}/").delete_suffix(".rb"))
    end
  end

  # @return [Symbol]
  def room_of(file)
    BESIDE.fetch(file) { file.split("/").fetch(1).to_sym }
  end

  # @return [Hash{String => Symbol}] by constant below LlmRouter; one that a room outside reopens is the inner room's
  def homes
    @homes ||= sources.sort_by { |source| %i[rails sidekiq testing].include?(source.room) ? 1 : 0 }
                      .each_with_object({}) do |source, homes|
      source.defined.each { |name| homes[name] ||= source.room }
    end
  end

  # @return [Array<Array(Symbol, String)>] room or framework, and the name that refers to it
  def references(source)
    files = source.requires.grep(%r{\Allm_router/}).map { |path| [room_of(path), path] }
    (source.constants.filter_map { |path| target(*path) } + files).reject { |room, _| room == source.room }
  end

  # @return [Array(Symbol, String), nil]
  def target(first, *rest)
    return [:facade, first] if first == "LlmRouter" && rest.empty?

    name = first == "LlmRouter" ? rest.first : first
    FRAMEWORKS.include?(name) ? [name.to_sym, name] : homes[name] && [homes[name], name]
  end
end
