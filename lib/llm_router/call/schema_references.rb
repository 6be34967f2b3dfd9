# frozen_string_literal: true

require "uri"

class LlmRouter
  # The references (+$ref+) of a JSON Schema, which lead to its own parts. Nothing is looked up elsewhere: not on the
  # network, and not in files.
  # @api private
  class SchemaReferences
    # Keywords whose schemas judge the same value.
    SINGLE = %w[not if then else].freeze
    SEVERAL = %w[allOf anyOf oneOf].freeze
    private_constant :SINGLE, :SEVERAL

    # @param schema [Object] plain JSON
    def initialize(schema)
      @schema = schema
      @named = { "" => schema }
      @bases = {}.compare_by_identity
      @references = {}
      read(schema, "", "")
    end

    # @return [String, nil] which reference leads nowhere, or back to itself
    def fault
      @references.each do |pointer, part|
        reference = part["$ref"]
        return "#{pointer} is #{reference.to_json}, which is not in it: put it under definitions" if target(part).nil?
        return "#{pointer} is #{reference.to_json}, which leads back to itself" if circular?(part)
      end
      nil
    end

    # For json_schemer, which would go to the network for some.
    # @param uri [URI]
    # @return [Object, nil] the part of that name
    def call(uri)
      @named[uri.to_s.partition("#").first]
    end

    private

    # Finds the references, and the parts that have names.
    def read(schema, pointer, base)
      case schema
      when Array then schema.each_with_index { |part, at| read(part, "#{pointer}/#{at}", base) }
      when Hash
        @bases[schema] = base = name(schema, base)
        @references["#{pointer}/$ref"] = schema if schema["$ref"].is_a?(String)
        schema.except(*SchemaCheck::VALUES).each { |key, part| read(part, "#{pointer}/#{key}", base) }
      end
    end

    # @return [String] what references of the part are relative to
    def name(part, base)
      id = part.values_at("$id", "id").grep(String).first
      @named[join(base, id).delete_suffix("#")] = part if id
      base = join(base, id).delete_suffix("#") unless id.nil? || id.start_with?("#")
      part.values_at("$anchor", "$dynamicAnchor").grep(String).each { |anchor| @named["#{base}##{anchor}"] = part }
      @named[base] = part if base != "" && !@named.key?(base)
      base
    end

    # @return [Object, nil] the schema to which a reference leads
    def target(part)
      base = @bases.fetch(part, "")
      name, fragment = part["$ref"].partition("#").values_at(0, 2)
      resource = name.empty? ? base : join(base, name)
      return @named["#{resource}##{fragment}"] || @named["##{fragment}"] if fragment.match?(%r{\A[^/]})

      found = [@named[resource], (@schema if name.empty?)].map { |schema| at(schema, fragment) }
      found.find { |schema| !schema.nil? }
    end

    # What a JSON pointer leads to.
    def at(schema, pointer)
      pointer.split("/").drop(1).reduce(schema) do |part, key|
        key = key.gsub(/%(\h\h)/) { Regexp.last_match(1).hex.chr }.gsub("~1", "/").gsub("~0", "~")
        case part
        when Array then part[Integer(key, 10, exception: false) || part.size]
        when Hash then part[key]
        end
      end
    end

    def join(base, name)
      base.empty? ? name : URI.join(base, name).to_s
    rescue URI::Error
      name
    end

    # Whether judging a value by this part judges the same value by it once more.
    def circular?(part, seen = {}.compare_by_identity)
      return seen[part] == :open if seen.key?(part)

      seen[part] = :open
      followed(part).grep(Hash).any? { |other| circular?(other, seen) }.tap { seen[part] = :left }
    end

    def followed(part)
      [*part.values_at(*SINGLE), *part.values_at(*SEVERAL).grep(Array).flatten(1)].tap do |parts|
        parts << target(part) if part["$ref"].is_a?(String)
      end
    end
  end
end
