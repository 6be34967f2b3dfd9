# frozen_string_literal: true

class LlmRouter
  # An +accept:+ that is a JSON Schema: accepts an answer whose JSON ({Response#parsed}) is valid. The app's Gemfile has
  # json_schemer, which does the work.
  # @api private
  class AcceptedSchema
    # An answer breaks it. The message quotes nothing of the answer.
    class Broken < StandardError; end

    # As people write the names of older drafts.
    DRAFT = %r{\Ahttps?://json-schema\.org/draft-0([467])/schema#?\z}
    private_constant :DRAFT

    # @param given [Hash, Boolean] a schema, or what +response_format+ takes
    # @param place [String] for errors
    # @raise [ArgumentError] it is no schema
    # @raise [ConfigurationError] json_schemer is not installed
    def initialize(given, place)
      load_json_schemer(place)
      schema = unwrapped(plain(given, place))
      references = SchemaReferences.new(schema)
      SchemaCheck.new(schema, place).call(references)
      @schemer = schemer(schema, references, place)
      @words = SchemaWords.new(schema)
    end

    # @param response [Response]
    # @return [true]
    # @raise [NoJson, Broken]
    def call(response)
      fault = @schemer.validate(response.parsed).first
      raise Broken, @words.of(fault) if fault

      true
    end

    private

    def load_json_schemer(place)
      # json_schemer 0.2 uses it without loading it, which Ruby does by itself from 3.2 on.
      require "set"
      require "json_schemer"
    rescue LoadError
      raise ConfigurationError, "#{place}: a JSON Schema needs json_schemer, which is not installed: add " \
                                'gem "json_schemer" to the Gemfile, or give a lambda'
    end

    # As +response_format+ has it: { type: "json_schema", json_schema: { name:, schema: } }.
    def unwrapped(given)
      return given unless given.is_a?(Hash)

      case given["type"]
      when "json_object" then { "type" => "object" }
      when "json_schema" then given["json_schema"].is_a?(Hash) ? given["json_schema"]["schema"] : given["json_schema"]
      else given["name"].is_a?(String) && given["schema"].is_a?(Hash) ? given["schema"] : given
      end
    end

    # With String keys.
    def plain(schema, place)
      require "json"
      JSON.parse(JSON.generate(schema), max_nesting: 100, freeze: true)
    rescue JSON::JSONError
      raise ArgumentError, "#{place}: the schema is no JSON, or has more than 100 levels", cause: nil
    end

    def schemer(schema, references, place)
      draft = DRAFT.match(schema["$schema"].to_s) if schema.is_a?(Hash)
      schema = schema.merge("$schema" => "http://json-schema.org/draft-0#{draft[1]}/schema#") if draft
      JSONSchemer.schema(schema, ref_resolver: references).tap { |schemer| schemer.valid?(nil) }
    rescue StandardError => e
      used = "json_schemer #{JSONSchemer::VERSION}"
      raise ArgumentError, "#{place}: #{used} cannot use this schema: #{e.class}: #{e.message}", cause: nil
    end
  end
end
