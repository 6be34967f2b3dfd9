# frozen_string_literal: true

class LlmRouter
  # Checks a JSON Schema before an answer is bought for it: json_schemer finds most faults only as it validates.
  # @api private
  class SchemaCheck
    ANY = { "$ref" => "#/definitions/schema" }.freeze
    ALL = { "type" => "array", "minItems" => 1, "items" => ANY }.freeze
    NAMED = { "type" => "object", "additionalProperties" => ANY }.freeze
    COUNT = { "type" => "integer", "minimum" => 0 }.freeze
    NUMBER = { "type" => "number" }.freeze
    TEXT = { "type" => "string" }.freeze
    TEXTS = { "type" => "array", "items" => TEXT }.freeze
    TYPE = { "enum" => %w[null boolean number integer string array object] }.freeze
    # What each keyword must be: the part of a metaschema in which people err.
    KEYWORDS = {
      "type" => { "anyOf" => [TYPE, { "type" => "array", "minItems" => 1, "items" => TYPE }] },
      "properties" => NAMED, "patternProperties" => NAMED, "definitions" => NAMED, "$defs" => NAMED,
      "items" => { "anyOf" => [ANY, ALL] }, "prefixItems" => ALL, "allOf" => ALL, "anyOf" => ALL, "oneOf" => ALL,
      "required" => TEXTS, "enum" => { "type" => "array" },
      "multipleOf" => { "type" => "number", "exclusiveMinimum" => 0 },
      "minimum" => NUMBER, "maximum" => NUMBER, "exclusiveMinimum" => { "type" => %w[number boolean] },
      "exclusiveMaximum" => { "type" => %w[number boolean] }, "pattern" => TEXT, "format" => TEXT, "$ref" => TEXT,
      "uniqueItems" => { "type" => "boolean" },
      **%w[minLength maxLength minItems maxItems minProperties maxProperties].to_h { |name| [name, COUNT] },
      **%w[not if then else additionalProperties additionalItems contains propertyNames].to_h { |name| [name, ANY] }
    }.freeze
    META = { "$schema" => "http://json-schema.org/draft-07/schema#", "allOf" => [ANY],
             "definitions" => { "schema" => { "type" => %w[object boolean], "properties" => KEYWORDS } } }.freeze
    OF_TEXTS = %w[pattern contentEncoding contentMediaType].freeze
    VALUES = %w[enum const default examples].freeze
    private_constant :ANY, :ALL, :NAMED, :COUNT, :NUMBER, :TEXT, :TEXTS, :TYPE, :KEYWORDS, :META, :OF_TEXTS, :VALUES

    # @param schema [Object] plain JSON
    # @param place [String] for errors
    def initialize(schema, place)
      @schema = schema
      @place = place
    end

    # @raise [ArgumentError]
    def call
      fault = JSONSchemer.schema(META).validate(@schema).first
      refuse("#{fault['data_pointer']} is #{fault['data'].to_json[0, 60]}") if fault
      each_part(@schema) do |part, pointer|
        # A property may have such a name; then it is a schema.
        patterns, reference = part.values_at("patternProperties", "$ref")
        try(part.slice(*OF_TEXTS).select { |_, rule| rule.is_a?(String) }, "", pointer)
        try({ "patternProperties" => patterns.transform_values { true } }, { "" => 1 }, pointer) if patterns.is_a?(Hash)
        check_reference(reference, "#{pointer}/$ref") if reference.is_a?(String)
      end
    end

    private

    def refuse(fault)
      raise ArgumentError, "#{@place}: this is no JSON Schema: #{fault}", cause: nil
    end

    # What json_schemer first reads as it validates.
    def try(rules, sample, pointer)
      JSONSchemer.schema(rules).valid?(sample) if rules.any?
    rescue StandardError, NotImplementedError => e
      refuse("#{pointer} has #{rules.to_json[0, 100]}: #{e.class}: #{e.message}")
    end

    # One by its name ($id, $anchor) is left to json_schemer.
    def check_reference(reference, pointer)
      return if reference.start_with?("#") ? found?(reference.delete_prefix("#")) : identified?

      refuse("#{pointer} is #{reference.to_json}, which is not in it: put it under definitions")
    end

    def found?(pointer)
      return pointer.empty? || identified? unless pointer.start_with?("/")

      target = pointer.split("/").drop(1).reduce(@schema) do |part, key|
        key = key.gsub(/%(\h\h)/) { Regexp.last_match(1).hex.chr }.gsub("~1", "/").gsub("~0", "~")
        case part
        when Array then part[Integer(key, 10, exception: false) || part.size]
        when Hash then part[key]
        end
      end
      !target.nil?
    end

    def identified?
      each_part(@schema).any? { |part,| part.key?("$id") || part.key?("$anchor") }
    end

    # Each Hash that is a schema, or holds some; not values, which may look like one.
    def each_part(schema, pointer = "", &block)
      return enum_for(:each_part, schema, pointer) unless block

      case schema
      when Array then schema.each_with_index { |part, at| each_part(part, "#{pointer}/#{at}", &block) }
      when Hash
        yield schema, pointer
        schema.except(*VALUES).each { |key, part| each_part(part, "#{pointer}/#{key}", &block) }
      end
    end
  end
end
