# frozen_string_literal: true

class LlmRouter
  # Checks the arguments of {LlmRouter#embed} before it uses a budget or the network.
  # @api private
  module EmbeddingInput
    FORMATS = [nil, "float", "base64"].freeze
    # What a request of a batch has beside the options of the API.
    OURS = [:input, *(Input::OURS - [:messages, :accept, "accept"])].freeze
    private_constant :FORMATS

    module_function

    # @param chain [Chain]
    # @raise [ConfigurationError] the candidates are not one model, whose vectors can stand beside each other
    def check_chain(chain)
      names = chain.models.map { |model| name(model) }.uniq
      if names.size > 1
        raise ConfigurationError, "#{chain} cannot embed: its candidates are different models (#{names.join(', ')}), " \
                                  "and their vectors cannot be compared. Use a chain of one model at several endpoints"
      end
      return if chain.own_messages.empty?

      raise ConfigurationError, "#{chain.own_messages.first.place} has system: or messages:, and #{chain} embeds " \
                                "texts as they are: use another chain"
    end

    # @param options [Hash{Symbol, String => Object}]
    # @param place [String] how errors name the request; "" for the arguments of a call
    # @raise [ArgumentError]
    def check(input, options, place = "")
      texts = input.is_a?(Array) ? input : [input]
      texts.each_with_index { |text, index| check_text(text, "#{place}input#{"[#{index}]" if input.is_a?(Array)}") }
      raise ArgumentError, "#{place}input is an empty list: give at least one text" if texts.empty?

      Parameters.check(options, ArgumentError) { place.empty? ? "embed" : place.delete_suffix(": ") }
      check_format(Input.given(options, :encoding_format), place)
    end

    # @param request [Hash] of embed_all
    # @raise [ArgumentError]
    def check_request(request, number)
      place = "requests[#{number}]: "
      unless request.is_a?(Hash) && request.key?(:input)
        raise ArgumentError, "#{place}needs input: give a Hash such as { input: \"Hi\" }"
      end

      check(request[:input], request.except(*OURS), place)
      Input.labels(request)
    rescue ArgumentError => e
      raise e.message.start_with?(place) ? e : ArgumentError.new("#{place}#{e.message}")
    end

    # @return [String] the model, without vendors and what else gateways write before it
    def name(model)
      model.rpartition("/").last.downcase
    end

    # The text stays out of the message.
    def check_text(text, place)
      fault = text.is_a?(String) ? ("is empty" if text.empty?) : "is a #{text.class}"
      raise ArgumentError, "#{place} #{fault}: give a text, or a list of texts" if fault
    end

    def check_format(format, place)
      return if FORMATS.include?(format.is_a?(Symbol) ? format.name : format)

      raise ArgumentError, "#{place}encoding_format is #{format.inspect}: give \"float\" or \"base64\", or leave it out"
    end

    private_class_method :name, :check_text, :check_format
  end
end
